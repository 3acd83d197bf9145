using System.Net.Sockets;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// What a new process takes until it is of use: until it listens, to its first good answer, from then on to 80 % of what it takes in
/// the end, and in memory before and under load. Raw YARP is the measure.
/// </summary>
internal static class StartsBench
{
    /// <summary>Seconds of load on each new process: raw YARP goes on getting faster for ten.</summary>
    public static readonly BenchOptions Usual = new(Seconds: 20, Connections: 64);

    public static readonly BenchOptions Quick = new(Rounds: 1, Seconds: 10, Connections: 64);

    private const int PayloadBytes = 2 << 10;
    private const double WarmShare = 0.8;
    private const double InFlight = 1.25;

    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(3);

    private static readonly Peer[] All = [RawYarp.Peer, OwnGateway.Proxy("memory"), OwnGateway.Proxy("sqlite"), OwnGateway.Queue("sqlite", 1)];

    public static async Task<int> RunAsync(BenchOptions options)
    {
        BenchProcess.AnswerInline();
        await using var upstream = await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>());
        var ground = new PeerGround(upstream, Database: null, PayloadBytes);
        // Sender and services are warm before anybody is measured.
        await ClosedLoop.RunAsync(
            [upstream.Addresses[0]], options.Connections, Payload.OfBoxes(PayloadBytes), good: 200, TimeSpan.FromSeconds(options.WarmUp), static () => { });
        var starts = All.ToDictionary(static peer => peer, static _ => new List<PeerStart>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var peer in All)
            {
                starts[peer].Add(await StartAsync(peer, ground, options));
                Console.WriteLine($"round {round}, {peer.Name}: {starts[peer][^1].Curve}");
            }
        }

        Print(starts);
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} round(s) of new processes, one after the other, " +
            $"{options.Seconds} s of load each from the first answer on, " +
            $"{options.Connections} connections, unique signed payloads of {PeerTables.Size(PayloadBytes)}; medians (min–max). Ready: its listeners are open. " +
            $"Warm: since then, until three quarter seconds in a row had {WarmShare:P0} of the steady rate, which is the median of the last quarter; " +
            $"aim: within {Aim.TotalSeconds:0} s. Memory aim: the most that raw YARP had, and what remembers the keys, " +
            $"and {InFlight} times the bytes on their way. The first second: requests in it.");
        return 0;
    }

    private static void Print(Dictionary<Peer, List<PeerStart>> starts)
    {
        var raw = Medians.Of(starts[RawYarp.Peer], static start => start.LoadedMemory);
        Console.WriteLine();
        Console.WriteLine(
            "| | ready, ms after its start | first good answer, ms after that | warm, s after ready | aim | in the first second | steady requests/s | " +
            "memory idle, MB | under load, MB | of it keys, about | aim |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var (peer, all) in starts)
        {
            var own = peer != RawYarp.Peer;
            var keys = own ? Medians.Of(all, start => KeysMemory(peer, start.Accepted)) : 0;
            var aim = own ? $"{keys / 1e6:0} | ≤ {(raw + keys + (InFlight * all[0].BytesInFlight)) / 1e6:0}" : " | ";
            Console.WriteLine(
                $"| {peer.Name} | {Of(all, static start => start.Ready.TotalMilliseconds, "0")} | {Of(all, static start => start.FirstAnswer.TotalMilliseconds, "0")} | " +
                $"{Of(all, static start => start.Warm.TotalSeconds, "0.00")} | {(own ? $"≤ {Aim.TotalSeconds:0}" : "")} | " +
                $"{Medians.Of(all, static start => start.FirstSecond):0} | {Of(all, static start => start.Steady, "0")} | " +
                $"{Medians.Of(all, static start => start.IdleMemory / 1e6):0} | {Of(all, static start => start.LoadedMemory / 1e6, "0")} | {aim} |");
        }
    }

    // The memory journal remembers every key: 32 bytes and an id in a dictionary. In front of a file are 100,000 at most, 150 bytes each.
    private static double KeysMemory(Peer peer, int accepted) => peer.Name.Contains("memory", StringComparison.Ordinal)
        ? 80.0 * accepted
        : 150.0 * Math.Min(accepted, 100_000);

    private static async Task<PeerStart> StartAsync(Peer peer, PeerGround ground, BenchOptions options)
    {
        var payload = Payload.OfBoxes(PayloadBytes);
        var began = TimeProvider.System.GetTimestamp();
        await using var stand = await peer.StartAsync(ground);
        var listens = TimeProvider.System.GetTimestamp();
        await AskAsync(stand, payload);
        var firstAnswer = TimeProvider.System.GetElapsedTime(listens);
        var idle = stand.PeakMemory;
        var curve = new WarmUpCurve(listens, TimeSpan.FromSeconds(options.Seconds));
        var loop = await ClosedLoop.RunAsync(
            stand.Targets, options.Connections, payload, stand.Good, TimeSpan.FromSeconds(options.Seconds), static () => { }, answered: curve.Count);
        var loaded = stand.PeakMemory;
        await stand.DrainAsync();
        return new PeerStart(
            TimeProvider.System.GetElapsedTime(began, listens), firstAnswer, curve.Reached(WarmShare), curve.FirstSecond, curve.Steady, idle, loaded,
            loop.Accepted, options.Connections * PayloadBytes, curve.ToString());
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

    /// <param name="Ready">Since its process was started, until its listeners were open.</param>
    /// <param name="FirstAnswer">Since it was ready.</param>
    /// <param name="Warm">Since it was ready, until it took 80 % of the steady rate.</param>
    /// <param name="FirstSecond">Requests answered in the load's first second.</param>
    /// <param name="Steady">Requests per second at the end.</param>
    /// <param name="IdleMemory">The most that was resident until the first answer, in bytes.</param>
    /// <param name="LoadedMemory">Until the end of the load.</param>
    /// <param name="Accepted">Webhooks in all.</param>
    /// <param name="BytesInFlight">Of the bodies that were on their way at the same time.</param>
    /// <param name="Curve">How it got faster, in words.</param>
    private sealed record PeerStart(
        TimeSpan Ready,
        TimeSpan FirstAnswer,
        TimeSpan Warm,
        double FirstSecond,
        double Steady,
        long IdleMemory,
        long LoadedMemory,
        int Accepted,
        long BytesInFlight,
        string Curve);
}
