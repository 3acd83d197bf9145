using System.Net.Sockets;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// What a new process takes until it is of use: to its first good answer, to 80 % of what it takes in the end, and in memory
/// before and under load. Raw YARP is the measure.
/// </summary>
internal static class StartsBench
{
    private const int PayloadBytes = 2 << 10;
    private const int Connections = 64;
    private const double WarmShare = 0.8;
    private const int Windows = 30;
    private const int SteadyWindows = 10;

    // Each half second begins with new connections; what it takes is counted in the rest.
    private const double CountedSeconds = 0.2;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(0.5);

    private static readonly Peer[] All = [RawYarp.Peer, OwnGateway.Proxy("memory"), OwnGateway.Proxy("sqlite"), OwnGateway.Queue("sqlite", 1)];

    public static async Task<int> RunAsync(BenchOptions options)
    {
        BenchProcess.AnswerInline();
        await using var database = await PostgresCluster.StartAsync();
        await using var upstream = await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>());
        var ground = new PeerGround(upstream, database, PayloadBytes);
        var starts = All.ToDictionary(static peer => peer, static _ => new List<PeerStart>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var peer in All)
            {
                starts[peer].Add(await StartAsync(peer, ground));
                Console.WriteLine($"round {round}: {peer.Name} {starts[peer][^1]}");
            }
        }

        Console.WriteLine();
        Console.WriteLine("| | first good answer, ms (min–max) | 80 % of its steady rate after, s (min–max) | steady requests/s | memory idle, MB | under load, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var (peer, all) in starts)
        {
            Console.WriteLine(
                $"| {peer.Name} | {Of(all, static start => start.FirstAnswer.TotalMilliseconds, "0")} | {Of(all, static start => start.Warm.TotalSeconds, "0.0")} | " +
                $"{Medians.Of(all, static start => start.Steady):0} | {Medians.Of(all, static start => start.IdleMemory / 1e6):0} | {Medians.Of(all, static start => start.LoadedMemory / 1e6):0} |");
        }

        return 0;
    }

    private static async Task<PeerStart> StartAsync(Peer peer, PeerGround ground)
    {
        var payload = Payload.OfBoxes(PayloadBytes);
        var began = TimeProvider.System.GetTimestamp();
        await using var stand = await peer.StartAsync(ground);
        await AskAsync(stand, payload);
        var firstAnswer = TimeProvider.System.GetElapsedTime(began);
        var idle = stand.PeakMemory;
        var rates = new List<double>();
        for (var window = 0; window < Windows; window++)
        {
            rates.Add((await ClosedLoop.RunAsync(
                stand.Targets, Connections, payload, stand.Good, TimeSpan.FromSeconds(CountedSeconds), static () => { })).PerSecond);
        }

        var steady = Medians.Of(rates.TakeLast(SteadyWindows), static rate => rate);
        var warm = (rates.FindIndex(rate => rate >= WarmShare * steady) + 1) * Window;
        var loaded = stand.PeakMemory;
        await stand.DrainAsync();
        return new PeerStart(firstAnswer, warm, steady, idle, loaded);
    }

    private static async Task AskAsync(Stand stand, Payload payload)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(stand.Targets[0].Host, stand.Targets[0].Port);
        await socket.SendAllAsync(new Webhooks(stand.Targets[0].Authority, ClosedLoop.NextConnection(), payload).Next());
        var status = await socket.ReadStatusAsync(new byte[4096]);
        if (status != stand.Good)
        {
            throw new InvalidOperationException($"The first answer is {status}, not {stand.Good}.");
        }
    }

    private static string Of(List<PeerStart> starts, Func<PeerStart, double> figure, string format) =>
        $"{Medians.Of(starts, figure).ToString(format)} ({starts.Min(figure).ToString(format)}–{starts.Max(figure).ToString(format)})";

    /// <param name="FirstAnswer">Since its process was started.</param>
    /// <param name="Warm">Since then, until it took 80 % of the steady rate, to a half second.</param>
    /// <param name="Steady">Requests per second at the end.</param>
    /// <param name="IdleMemory">The most that was resident until the first answer, in bytes.</param>
    /// <param name="LoadedMemory">Until the end of the load.</param>
    private sealed record PeerStart(TimeSpan FirstAnswer, TimeSpan Warm, double Steady, long IdleMemory, long LoadedMemory);
}
