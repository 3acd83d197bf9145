namespace AngoGateway.Bench;

/// <summary>What a contender's turn brought.</summary>
/// <param name="Loop">The load's side.</param>
/// <param name="Processor">Used meanwhile by the process that is compared.</param>
/// <param name="AllProcessors">By all that the webhooks kept busy, the senders included.</param>
/// <param name="Delivered">Used by the process that is compared for each webhook, in microseconds, until all were delivered.</param>
/// <param name="Database">What its database did for each webhook until then; null: it has none.</param>
internal sealed record Turn(LoopResult Loop, TimeSpan Processor, TimeSpan AllProcessors, double Delivered, DatabaseWork? Database);

/// <summary>
/// Lets contenders take short turns, A B A B, so that whatever else the machine does meets all of them alike; the first is
/// what the others are compared with. Each round begins with new processes, all of which are up while one has its turn.
/// </summary>
internal sealed class Rounds(IReadOnlyList<Contender> contenders)
{
    // At each target: fewer leave much to the compilers, however long they took.
    private const int LeastWarmUp = 5000;

    private readonly List<Turn>[] _turns = [.. contenders.Select(_ => new List<Turn>())];
    private int _refused;

    /// <summary>Whether any request was answered with anything but 202.</summary>
    public bool Refused => _refused > 0;

    public async Task RunAsync(BenchOptions options)
    {
        for (var round = 1; round <= options.Rounds; round++)
        {
            var stands = new List<Stand>();
            try
            {
                foreach (var contender in contenders)
                {
                    stands.Add(await contender.StartAsync(options));
                    await WarmUpAsync(stands[^1], options);
                }

                for (var turn = 0; turn < options.Turns; turn++)
                {
                    // Back and forth, so that a machine that gets busier or quieter favours nobody.
                    var order = Enumerable.Range(0, contenders.Count);
                    foreach (var i in turn % 2 == 0 ? order : order.Reverse())
                    {
                        _turns[i].Add(await TurnAsync(stands[i], options));
                    }
                }

                for (var i = 0; i < contenders.Count; i++)
                {
                    var mine = _turns[i].TakeLast(options.Turns).ToList();
                    Console.WriteLine(
                        $"round {round}, {contenders[i].Name}: {Medians.Of(mine, Rate):0} accepted/s ({mine.Min(Rate):0}–{mine.Max(Rate):0}){await stands[i].NoteAsync()}");
                }
            }
            finally
            {
                foreach (var stand in stands)
                {
                    await stand.DisposeAsync();
                }
            }
        }
    }

    /// <summary>The contender's median throughput as a share of the first one's.</summary>
    public double Share(int contender) => Medians.Of(_turns[contender], Rate) / Medians.Of(_turns[0], Rate);

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine("| | accepted/s, median (min–max) | share of the first | turn by turn, median (quartiles) | p99, median | processor per webhook, median: gateway | all |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        for (var i = 0; i < contenders.Count; i++)
        {
            var shares = _turns[i].Zip(_turns[0], (turn, first) => Rate(turn) / Rate(first)).Order().ToArray();
            Console.WriteLine(
                $"| {contenders[i].Name} | {Medians.Of(_turns[i], Rate):0} ({_turns[i].Min(Rate):0}–{_turns[i].Max(Rate):0}) | {Share(i):0.00} | " +
                $"{Medians.At(shares, 0.5):0.00} ({Medians.At(shares, 0.25):0.00}–{Medians.At(shares, 0.75):0.00}) | " +
                $"{Medians.Of(_turns[i], static turn => turn.Loop.Percentile(0.99).TotalMilliseconds):0.0} ms | " +
                $"{Medians.Of(_turns[i], static turn => Each(turn, turn.Processor)):0} µs | {Medians.Of(_turns[i], static turn => Each(turn, turn.AllProcessors)):0} µs |");
        }

        if (_turns.Any(static turns => turns[0].Database is not null))
        {
            PrintDatabase();
        }
    }

    private void PrintDatabase()
    {
        Console.WriteLine();
        Console.WriteLine("| per webhook until it is delivered, median | gateway | database | log | syncs | transactions |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        for (var i = 0; i < contenders.Count; i++)
        {
            Console.WriteLine($"| {contenders[i].Name} | {Medians.Of(_turns[i], static turn => turn.Delivered):0} µs | {(_turns[i][0].Database is null
                ? "| | |"
                : $"{Of(_turns[i], static work => work.Microseconds):0} µs | {Of(_turns[i], static work => work.WalBytes):0} bytes | " +
                    $"{Of(_turns[i], static work => work.Syncs):0.000} | {Of(_turns[i], static work => work.Commits):0.00}")} |");
        }

        static double Of(List<Turn> turns, Func<DatabaseWork, double> figure) => Medians.Of(turns, turn => figure(turn.Database!.Value));
    }

    private async Task WarmUpAsync(Stand stand, BenchOptions options)
    {
        var accepted = 0;
        for (var second = 0; second < options.WarmUp || accepted < LeastWarmUp * stand.Targets.Count; second++)
        {
            var loop = await ClosedLoop.RunAsync(stand.Targets, options.Connections, TimeSpan.FromSeconds(1), static () => { });
            accepted += loop.Latencies.Length;
            _refused += loop.Refused;
        }

        await stand.DrainAsync();
    }

    private async Task<Turn> TurnAsync(Stand stand, BenchOptions options)
    {
        var (processor, all) = (TimeSpan.Zero, TimeSpan.Zero);
        var (work, used) = (stand.Database is { } database ? await database.WorkAsync() : default, stand.Processor);
        var loop = await ClosedLoop.RunAsync(
            stand.Targets,
            options.Connections,
            TimeSpan.FromSeconds(options.Seconds),
            () => (processor, all) = (stand.Processor - processor, stand.AllProcessors - all));
        _refused += loop.Refused;
        await stand.DrainAsync();
        return new Turn(
            loop,
            processor,
            all,
            (stand.Processor - used).TotalMicroseconds / loop.Accepted,
            stand.Database is { } same ? (await same.WorkAsync() - work) / loop.Accepted : null);
    }

    private static double Rate(Turn turn) => turn.Loop.PerSecond;

    private static double Each(Turn turn, TimeSpan time) => time.TotalMicroseconds / Math.Max(1, turn.Loop.Latencies.Length);
}
