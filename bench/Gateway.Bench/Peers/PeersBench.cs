using System.Text.RegularExpressions;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// What a user could put before the internal services instead of the gateway, side by side. Each round starts all systems anew;
/// they take turns with payloads of each size, back and forth. In the last round each is sent webhooks at a fixed rate, too.
/// </summary>
/// <param name="options">How long and how hard.</param>
/// <param name="sizes">Of the payloads, in bytes.</param>
/// <param name="only">The systems whose names it matches; null: all.</param>
internal sealed class PeersBench(BenchOptions options, IReadOnlyList<int> sizes, Regex? only = null)
{
    // Of what the slowest system sustains: none has a queue of its own making then.
    private const double Calm = 0.4;

    // Webhooks at a fixed rate: for a median, where there is time for no more.
    private const double Enough = 20;

    // On their way at the same time, at most: whoever verifies has them in memory, and the gateway's journal answers 503 when more
    // than 64 MB wait for the disk.
    private const int BytesOnTheWay = 32 << 20;

    private static readonly Peer[] Known =
    [
        NoGateway.Peer, Nginx.Plain, Nginx.EqualWork, HaProxy.Peer, RawYarp.Peer, FlaskSample.Peer,
        OwnGateway.Proxy("memory"), OwnGateway.Proxy("sqlite"),
        OwnGateway.Accept("sqlite"), OwnGateway.Queue("sqlite", 1), OwnGateway.Queue("sqlite", 3),
        OwnGateway.Accept("postgres"), OwnGateway.Queue("postgres", 1), OwnGateway.Queue("postgres", 3),
    ];

    // Those that all are compared with come along, whatever is asked for.
    private readonly Peer[] _all =
        [.. Known.Where(peer => only?.IsMatch(peer.Name) != false || peer == RawYarp.Peer || peer == Nginx.EqualWork)];

    private readonly Dictionary<(int Size, Peer Peer), List<PeerTurn>> _turns = [];
    private readonly Dictionary<(int Size, Peer Peer), (double Rate, LoopResult Loop)> _latencies = [];

    private static int[] Sizes => [2 << 10, 32 << 10, 1 << 20, 8 << 20];

    private static readonly BenchOptions Usual = new(Rounds: 1, Turns: 2, Seconds: 1, WarmUp: 4, Connections: 64);

    private static readonly BenchOptions Quick = new(Rounds: 1, Turns: 1, Seconds: 1, WarmUp: 1, Connections: 64);

    /// <param name="args"><c>--quick</c>, <c>--only</c> with a regular expression, and what every bench takes.</param>
    /// <returns>Null when one is not understood.</returns>
    public static PeersBench? Of(string[] args)
    {
        var at = Array.IndexOf(args, "--only");
        var only = at >= 0 && at + 1 < args.Length ? new Regex(args[at + 1], RegexOptions.None, TimeSpan.FromSeconds(1)) : null;
        var quick = args.Contains("--quick");
        string[] rest = [.. args.Where((arg, i) => arg != "--quick" && (only is null || (i != at && i != at + 1)))];
        return BenchOptions.Read(rest, quick ? Quick : Usual) is { } options
            ? new PeersBench(options, options.Kilobytes > 0 ? [options.Kilobytes << 10] : quick ? Sizes[..1] : Sizes, only)
            : null;
    }

    public async Task<int> RunAsync()
    {
        BenchProcess.AnswerInline();
        await using var database = await PostgresCluster.StartAsync();
        for (var round = 1; round <= options.Rounds; round++)
        {
            await RoundAsync(round, database);
        }

        foreach (var size in sizes)
        {
            PeerTables.PrintRates(size, Connections(size), [.. Peers(size).Select(peer => (peer, (IReadOnlyList<PeerTurn>)_turns[(size, peer)]))], RawYarp.Peer, Nginx.EqualWork);
            PeerTables.PrintLatencies([.. Peers(size).Select(peer => (peer, _latencies[(size, peer)].Rate, _latencies[(size, peer)].Loop))]);
        }

        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} round(s) of new processes, {options.Turns} turn(s) of {options.Seconds} s each per size, half as many above 1 MB, {options.WarmUp} s of warm-up; " +
            $"unique signed payloads of labelled boxes; {PostgresCluster.Settings}, fsync on.");
        var refused = _turns.Values.SelectMany(static turns => turns).Sum(static turn => turn.Refused) + _latencies.Values.Sum(static measured => measured.Loop.Refused);
        if (refused > 0)
        {
            Console.WriteLine($"{refused} requests were refused.");
        }

        return refused > 0 ? 1 : 0;
    }

    private async Task RoundAsync(int round, PostgresCluster database)
    {
        await using var upstream = await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>());
        var ground = new PeerGround(upstream, database, sizes[0]);
        var stands = new Dictionary<Peer, Stand>();
        try
        {
            foreach (var peer in _all)
            {
                stands[peer] = await peer.StartAsync(ground);
                await PeerCheck.RunAsync(peer, stands[peer], ground, Payload.OfBoxes(sizes[0]));
                await PeerTurn.TakeAsync(peer, stands[peer], ground, Payload.OfBoxes(sizes[0]), options.Connections, options.WarmUp);
            }

            foreach (var size in sizes)
            {
                await PrepareAsync(ground with { Bytes = size }, stands);
                await TakeTurnsAsync(ground, stands, size);
                if (round == options.Rounds)
                {
                    await MeasureLatenciesAsync(stands, size);
                }

                Console.WriteLine($"round {round}, {PeerTables.Size(size)}: {string.Join(", ", Peers(size).Select(peer => $"{peer.Name} {_turns[(size, peer)][^1].PerSecond:0}"))}");
            }
        }
        finally
        {
            foreach (var stand in stands.Values)
            {
                await stand.DisposeAsync();
            }
        }
    }

    // Each is checked with each size; the first few of a larger one find buffers too small.
    private async Task PrepareAsync(PeerGround ground, Dictionary<Peer, Stand> stands)
    {
        var payload = Payload.OfBoxes(ground.Bytes);
        foreach (var peer in Peers(ground.Bytes))
        {
            if (ground.Bytes != sizes[0])
            {
                if (peer.FitsSize)
                {
                    await stands[peer].DisposeAsync();
                    stands[peer] = await peer.StartAsync(ground);
                }

                await PeerCheck.RunAsync(peer, stands[peer], ground, payload);
            }
        }
    }

    private async Task TakeTurnsAsync(PeerGround ground, Dictionary<Peer, Stand> stands, int size)
    {
        for (var turn = 0; turn < Turns(size); turn++)
        {
            // Back and forth, so that a machine that gets busier or quieter favours nobody.
            foreach (var peer in turn % 2 == 0 ? Peers(size) : Peers(size).Reverse())
            {
                if (!_turns.TryGetValue((size, peer), out var turns))
                {
                    _turns[(size, peer)] = turns = [];
                }

                turns.Add(await PeerTurn.TakeAsync(peer, stands[peer], ground, Payload.OfBoxes(size), Connections(size), options.Seconds));
            }
        }
    }

    private async Task MeasureLatenciesAsync(Dictionary<Peer, Stand> stands, int size)
    {
        var rate = Calm * Peers(size).Min(peer => Medians.Of(_turns[(size, peer)], static turn => turn.Sustained));
        var duration = Math.Clamp(Enough / rate, options.Seconds * options.Rounds, 2 * options.Seconds * options.Rounds);
        foreach (var peer in Peers(size))
        {
            var loop = await peer.LoadAsync(stands[peer], () => OpenLoop.RunAsync(
                stands[peer].Targets[0], Connections(size), Payload.OfBoxes(size), stands[peer].Good, rate, TimeSpan.FromSeconds(duration)));
            _latencies[(size, peer)] = (rate, loop);
            await stands[peer].DrainAsync();
        }
    }

    private IEnumerable<Peer> Peers(int size) => _all.Where(peer => size <= peer.Largest);

    // The largest take their time to arrive and to be checked.
    private int Turns(int size) => size > 1 << 20 ? Math.Max(1, options.Turns / 2) : options.Turns;

    private int Connections(int size) => Math.Min(BytesOnTheWay / size, size >= 1 << 20 ? options.Connections / 4 : options.Connections);
}
