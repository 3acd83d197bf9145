using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AngoGateway.Bench;

/// <summary>
/// Webhooks at a fixed rate, whatever becomes of them: each is due at a time of its own, and its latency counts from then, so
/// that one who keeps a sender waiting is charged for all that should have been sent meanwhile. A thread for each connection
/// that sleeps in the kernel: a pool's threads would add their own waits to times of this size.
/// </summary>
internal static class OpenLoop
{
    // New connections and a first answer each, before the first one is due.
    private static readonly TimeSpan LeadIn = TimeSpan.FromMilliseconds(100);

    /// <param name="target">Scheme, host and port.</param>
    /// <param name="connections">As many as may be on their way at the same time.</param>
    /// <param name="payload">What they send.</param>
    /// <param name="good">The status of the answer that counts.</param>
    /// <param name="perSecond">How many are due.</param>
    /// <param name="duration">For how long.</param>
    public static async Task<LoopResult> RunAsync(Uri target, int connections, Payload payload, int good, double perSecond, TimeSpan duration)
    {
        var due = (int)Math.Ceiling(perSecond * duration.TotalSeconds);
        var next = -1;
        Webhooks[] webhooks = [.. Enumerable.Range(0, connections).Select(_ => new Webhooks(target.Authority, ClosedLoop.NextConnection(), payload))];
        var began = TimeProvider.System.GetTimestamp();
        var senders = webhooks.Select(mine => Task.Factory.StartNew(
            () => Send(target, mine, good, SentAfter), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var results = await Task.WhenAll(senders);
        (TimeSpan Answered, TimeSpan Latency)[] answers = [.. results.SelectMany(result => result.Answers).Order()];
        TimeSpan[] latencies = [.. answers.Select(answer => answer.Latency).Order()];
        return new LoopResult(duration, latencies, latencies.Length, results.Sum(result => result.Refused)) { First = began, Answers = answers };

        // Waits until the next one is due; says how long after the beginning that is. Null: no more are.
        TimeSpan? SentAfter()
        {
            var number = Interlocked.Increment(ref next);
            var after = LeadIn + TimeSpan.FromSeconds(number / perSecond);
            for (var rest = after - TimeProvider.System.GetElapsedTime(began);
                number < due && rest > TimeSpan.Zero;
                rest = after - TimeProvider.System.GetElapsedTime(began))
            {
                _ = Usleep((uint)Math.Min(rest.TotalMicroseconds, 900_000));
            }

            return number < due ? after : null;
        }

        (List<(TimeSpan Answered, TimeSpan Latency)> Answers, int Refused) Send(Uri to, Webhooks mine, int status, Func<TimeSpan?> wait)
        {
            var (answers, refused, answer) = (new List<(TimeSpan, TimeSpan)>(), 0, new byte[4096]);
            var socket = Connect(to);
            // Ready before it is due: signing is not what is measured.
            for (var request = mine.Next(); wait() is { } after; request = mine.Next())
            {
                for (var rest = request.Span; !rest.IsEmpty;)
                {
                    rest = rest[socket.Send(rest)..];
                }

                if (socket.ReadStatus(answer) == status)
                {
                    var answered = TimeProvider.System.GetElapsedTime(began);
                    answers.Add((answered, answered - after));
                }
                else
                {
                    // One that refuses may close the connection.
                    refused++;
                    socket.Dispose();
                    socket = Connect(to);
                }
            }

            socket.Dispose();
            return (answers, refused);
        }
    }

    private static Socket Connect(Uri target)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(target.Host, target.Port);
        return socket;
    }

    // Timers of .NET count milliseconds.
    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Usleep(uint microseconds);
}
