using System.Net.Sockets;
using System.Text;

namespace AngoGateway.Bench;

/// <summary>
/// Connections that each send the next webhook when the last was answered, so that what is measured is how many the
/// gateway takes, not how long a queue before it grows. Plain sockets: an HTTP client would need as much of the machine as
/// the gateway.
/// </summary>
internal static class ClosedLoop
{
    // New connections and a first answer each, before anything counts.
    private static readonly TimeSpan LeadIn = TimeSpan.FromMilliseconds(300);

    private static int _connections;

    /// <param name="targets">Scheme, host and port of each that takes webhooks; the connections go to them in turn.</param>
    /// <param name="connections">That send at the same time, over all of them.</param>
    /// <param name="measured">How long it counts.</param>
    /// <param name="mark">Called when that time begins and when it ends.</param>
    public static async Task<LoopResult> RunAsync(IReadOnlyList<Uri> targets, int connections, TimeSpan measured, Action mark)
    {
        using var stop = new CancellationTokenSource();
        var phase = new Phase();
        var senders = Enumerable.Range(0, connections)
            .Select(i => Task.Run(() => SendAsync(targets[i % targets.Count], Interlocked.Increment(ref _connections), phase, stop.Token))).ToArray();
        await Task.Delay(LeadIn, TimeProvider.System, CancellationToken.None);
        mark();
        var began = TimeProvider.System.GetTimestamp();
        phase.Counts = true;
        await Task.Delay(measured, TimeProvider.System, CancellationToken.None);
        phase.Counts = false;
        var took = TimeProvider.System.GetElapsedTime(began);
        mark();
        await stop.CancelAsync();
        var results = await Task.WhenAll(senders);
        TimeSpan[] latencies = [.. results.SelectMany(result => result.Latencies).Order()];
        return new LoopResult(took, latencies, results.Sum(result => result.Accepted), results.Sum(result => result.Refused));
    }

    private static async Task<(List<TimeSpan> Latencies, int Accepted, int Refused)> SendAsync(Uri target, int number, Phase phase, CancellationToken stop)
    {
        var webhooks = new Webhooks(target.Authority, number);
        var latencies = new List<TimeSpan>(10_000);
        var (accepted, refused) = (0, 0);
        var answer = new byte[4096];
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target.Host, target.Port, stop);
        while (!stop.IsCancellationRequested)
        {
            var request = webhooks.Next();
            var began = TimeProvider.System.GetTimestamp();
            await socket.SendAsync(request, CancellationToken.None);
            var status = await ReadAsync(socket, answer);
            if (status != 202)
            {
                refused++;
                continue;
            }

            accepted++;
            if (phase.Counts)
            {
                latencies.Add(TimeProvider.System.GetElapsedTime(began));
            }
        }

        return (latencies, accepted, refused);
    }

    // The gateway's answers are small, carry their length, and nothing is sent before they are read: no chunks, no rests.
    private static async Task<int> ReadAsync(Socket socket, byte[] answer)
    {
        for (var (filled, whole) = (0, int.MaxValue); ;)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(filled), CancellationToken.None);
            if (read == 0)
            {
                throw new IOException($"The connection was closed after \"{Encoding.ASCII.GetString(answer, 0, filled)}\".");
            }

            filled += read;
            if (whole == int.MaxValue && answer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                whole = end + 4 + Length(answer.AsSpan(0, end + 2));
            }

            if (filled >= whole)
            {
                // HTTP/1.1 202 …
                return int.Parse(answer.AsSpan(9, 3));
            }
        }
    }

    private static int Length(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        if (at < 0)
        {
            throw new IOException($"An answer without Content-Length: \"{Encoding.ASCII.GetString(head)}\".");
        }

        var value = head[(at + name.Length)..];
        return int.Parse(value[..value.IndexOf((byte)'\r')]);
    }

    private sealed class Phase
    {
        private volatile bool _counts;

        public bool Counts
        {
            get => _counts;
            set => _counts = value;
        }
    }
}

/// <summary>What a while of load brought.</summary>
/// <param name="Took">The measured time.</param>
/// <param name="Latencies">Of each webhook that was answered 202 in it, sorted.</param>
/// <param name="Accepted">All that were, the lead-in's included.</param>
/// <param name="Refused">Any other answer, the lead-in's included.</param>
internal sealed record LoopResult(TimeSpan Took, TimeSpan[] Latencies, int Accepted, int Refused)
{
    public double PerSecond => Latencies.Length / Took.TotalSeconds;

    public TimeSpan Percentile(double share) => Latencies.Length == 0 ? TimeSpan.Zero : Latencies[Math.Min(Latencies.Length - 1, (int)(Latencies.Length * share))];
}
