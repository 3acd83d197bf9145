using System.Net.Sockets;

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

    private static readonly Payload Usual = Payload.Padded(2048);

    private static int _connections;

    /// <summary>Different for each connection of the bench, whatever sends over it.</summary>
    public static int NextConnection() => Interlocked.Increment(ref _connections);

    /// <summary>Webhooks of 2 KB to something that queues them.</summary>
    /// <param name="targets">Scheme, host and port of each that takes webhooks; the connections go to them in turn.</param>
    /// <param name="connections">That send at the same time, over all of them.</param>
    /// <param name="measured">How long it counts.</param>
    /// <param name="mark">Called when that time begins and when it ends.</param>
    public static Task<LoopResult> RunAsync(IReadOnlyList<Uri> targets, int connections, TimeSpan measured, Action mark) =>
        RunAsync(targets, connections, Usual, good: 202, measured, mark);

    /// <param name="targets">Scheme, host and port of each that takes webhooks; the connections go to them in turn.</param>
    /// <param name="connections">That send at the same time, over all of them.</param>
    /// <param name="payload">What they send.</param>
    /// <param name="good">The status of the answer that counts.</param>
    /// <param name="measured">How long it counts.</param>
    /// <param name="mark">Called when that time begins and when it ends.</param>
    /// <param name="forged">Whether each has a signature that is not its own.</param>
    /// <param name="answered">Called at each answer that counts, by many at once; null: nobody cares.</param>
    public static async Task<LoopResult> RunAsync(
        IReadOnlyList<Uri> targets,
        int connections,
        Payload payload,
        int good,
        TimeSpan measured,
        Action mark,
        bool forged = false,
        Action? answered = null)
    {
        using var stop = new CancellationTokenSource();
        var phase = new Phase(forged, answered);
        // Large ones take their time to be written.
        Webhooks[] webhooks = [.. Enumerable.Range(0, connections).Select(i => new Webhooks(targets[i % targets.Count].Authority, NextConnection(), payload))];
        var first = TimeProvider.System.GetTimestamp();
        var senders = Enumerable.Range(0, connections)
            .Select(i => Task.Run(() => SendAsync(targets[i % targets.Count], webhooks[i], good, phase, stop.Token))).ToArray();
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
        return new LoopResult(took, latencies, results.Sum(result => result.Accepted), results.Sum(result => result.Refused)) { First = first };
    }

    private static async Task<(List<TimeSpan> Latencies, int Accepted, int Refused)> SendAsync(
        Uri target, Webhooks webhooks, int good, Phase phase, CancellationToken stop)
    {
        var latencies = new List<TimeSpan>(10_000);
        var (accepted, refused) = (0, 0);
        var answer = new byte[4096];
        var socket = await ConnectAsync(target);
        while (!stop.IsCancellationRequested)
        {
            var request = phase.Forged ? webhooks.NextForged() : webhooks.Next();
            var began = TimeProvider.System.GetTimestamp();
            if (await AnswerAsync(socket, request, answer) != good)
            {
                // One that refuses may close the connection.
                refused++;
                socket.Dispose();
                socket = await ConnectAsync(target);
                continue;
            }

            accepted++;
            if (phase.Counts)
            {
                phase.Answered?.Invoke();
                latencies.Add(TimeProvider.System.GetElapsedTime(began));
            }

            if (phase.Forged && Answers.Closes(answer))
            {
                socket.Dispose();
                socket = await ConnectAsync(target);
            }
        }

        socket.Dispose();
        return (latencies, accepted, refused);
    }

    private static async Task<Socket> ConnectAsync(Uri target)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target.Host, target.Port);
        return socket;
    }

    private static async Task<int> AnswerAsync(Socket socket, ReadOnlyMemory<byte> request, byte[] answer)
    {
        try
        {
            await socket.SendAllAsync(request);
        }
        catch (SocketException)
        {
            // It may have answered before it had all, and closed the connection: that answer tells why.
        }

        return await socket.ReadStatusAsync(answer);
    }

    private sealed class Phase(bool forged, Action? answered)
    {
        private volatile bool _counts;

        public bool Forged => forged;

        public Action? Answered => answered;

        public bool Counts
        {
            get => _counts;
            set => _counts = value;
        }
    }
}

/// <summary>What a while of load brought.</summary>
/// <param name="Took">The measured time.</param>
/// <param name="Latencies">Of each webhook that was answered well in it, sorted.</param>
/// <param name="Accepted">All that were, the lead-in's included.</param>
/// <param name="Refused">Any other answer, the lead-in's included.</param>
internal sealed record LoopResult(TimeSpan Took, TimeSpan[] Latencies, int Accepted, int Refused)
{
    /// <summary>When the first one was sent, as a timestamp.</summary>
    public long First { get; init; }

    /// <summary>Of an open loop: when each was answered, since <see cref="First"/>, and its latency; in that order.</summary>
    public (TimeSpan Answered, TimeSpan Latency)[] Answers { get; init; } = [];

    public double PerSecond => Latencies.Length / Took.TotalSeconds;

    public TimeSpan Percentile(double share) => Latencies.Length == 0 ? TimeSpan.Zero : Latencies[Math.Min(Latencies.Length - 1, (int)(Latencies.Length * share))];
}
