using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Limits;

/// <summary>
/// What a forged webhook costs the gateway beside one that it takes: processor time of its process for each, in turns of one kind
/// and the other on the same process. A taken one counts until it has been delivered.
/// </summary>
internal static class ForgedBench
{
    /// <summary>Rounds of new processes, turns of each kind and size, seconds of a turn.</summary>
    public static readonly BenchOptions Usual = new(Rounds: 3, Turns: 3, Seconds: 2, WarmUp: 4, Connections: 64);

    public static readonly BenchOptions Quick = new(Rounds: 1, Turns: 1, Seconds: 1, WarmUp: 2, Connections: 64);

    private const int Refused = 401;
    private const double Aim = 0.45;
    private const double Goal = 0.35;

    private static readonly int[] Sizes = [2 << 10, 32 << 10, 1 << 20];

    // A refusal is worth a line in the log, a webhook that is taken is not at these levels.
    private static readonly ForgedContender[] All =
    [
        new("proxy, memory", "memory", "proxy", "Error"),
        new("proxy, memory; each refusal in the log", "memory", "proxy", "Warning"),
        new("queue, SQLite", "sqlite", "queue", "Error"),
    ];

    public static async Task<int> RunAsync(BenchOptions options)
    {
        BenchProcess.AnswerInline();
        int[] sizes = options.Kilobytes > 0 ? [options.Kilobytes << 10] : Sizes;
        var turns = new Dictionary<(ForgedContender Contender, int Size), List<ForgedTurn>>();
        await using var upstream = await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var contender in All)
            {
                await using var stand = await GatewayStand.BeforeAsync(contender.Journal, contender.Mode, [upstream.Addresses[0]], database: null, contender.LogLevel);
                await TurnAsync(stand, sizes[0], options, options.WarmUp);
                foreach (var size in sizes)
                {
                    // The first of a size finds buffers too small.
                    await TurnAsync(stand, size, options, seconds: 0.5);
                    var all = turns.TryGetValue((contender, size), out var sooner) ? sooner : turns[(contender, size)] = [];
                    for (var turn = 0; turn < options.Turns; turn++)
                    {
                        all.Add(await TurnAsync(stand, size, options, options.Seconds));
                    }
                }

                var ratios = sizes.Select(size => $"{PeerTables.Size(size)} {turns[(contender, size)][^1].Ratio:0.00}");
                Console.WriteLine($"round {round}, {contender.Name}: {string.Join(", ", ratios)}");
            }
        }

        Print(turns);
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} round(s) of new processes, {options.Turns} turn(s) of {options.Seconds} s of each kind per size, forged and signed in turn; " +
            $"{options.Connections} connections, a quarter of them at 1 MB, each made anew where the answer closes it; unique payloads of labelled boxes. " +
            "Processor time of the gateway's process, the signed ones' until they had been delivered; medians (min–max).");
        return 0;
    }

    private static void Print(Dictionary<(ForgedContender Contender, int Size), List<ForgedTurn>> turns)
    {
        Console.WriteLine();
        Console.WriteLine("| | | taken, µs of processor | forged, µs | forged / taken | aim | goal | forged/s |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var ((contender, size), all) in turns)
        {
            Console.WriteLine(
                $"| {contender.Name} | {PeerTables.Size(size)} | {Medians.Of(all, static turn => turn.Signed):0} | {Medians.Of(all, static turn => turn.Forged):0} | " +
                $"{Medians.Of(all, static turn => turn.Ratio):0.00} ({all.Min(static turn => turn.Ratio):0.00}–{all.Max(static turn => turn.Ratio):0.00}) | " +
                $"≤ {Aim} | ≤ {Goal} | {Medians.Of(all, static turn => turn.ForgedPerSecond):0} |");
        }
    }

    private static async Task<ForgedTurn> TurnAsync(Stand stand, int size, BenchOptions options, double seconds)
    {
        var (forged, perSecond) = await LoadAsync(forged: true);
        var (signed, _) = await LoadAsync(forged: false);
        return new ForgedTurn(signed, forged, perSecond);

        async Task<(double Each, double PerSecond)> LoadAsync(bool forged)
        {
            var before = stand.Processor;
            var loop = await ClosedLoop.RunAsync(
                stand.Targets, size >= 1 << 20 ? options.Connections / 4 : options.Connections, Payload.OfBoxes(size), forged ? Refused : stand.Good,
                TimeSpan.FromSeconds(seconds), static () => { }, forged);
            await stand.DrainAsync();
            return loop.Refused == 0
                ? ((stand.Processor - before).TotalMicroseconds / Math.Max(1, loop.Accepted), loop.PerSecond)
                : throw new InvalidOperationException(
                    $"{loop.Refused} of {loop.Refused + loop.Accepted} {(forged ? "forged" : "signed")} webhooks got another answer than they should.");
        }
    }

    /// <param name="Name">In the table.</param>
    /// <param name="Journal">Its type.</param>
    /// <param name="Mode">Of the only route.</param>
    /// <param name="LogLevel">With <c>Warning</c> each refusal is a line.</param>
    private sealed record ForgedContender(string Name, string Journal, string Mode, string LogLevel);

    /// <param name="Signed">Processor time for each that was taken, in microseconds.</param>
    /// <param name="Forged">For each that was refused.</param>
    /// <param name="ForgedPerSecond">That were refused.</param>
    private sealed record ForgedTurn(double Signed, double Forged, double ForgedPerSecond)
    {
        public double Ratio => Forged / Signed;
    }
}
