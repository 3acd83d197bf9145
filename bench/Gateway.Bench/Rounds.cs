namespace AngoGateway.Bench;

/// <summary>One of the things that a bench compares.</summary>
/// <param name="Name">In the table.</param>
/// <param name="TurnAsync">Starts all it needs anew, measures once, ends it.</param>
internal sealed record Contender(string Name, Func<BenchOptions, Task<Turn>> TurnAsync);

/// <summary>What a contender's turn brought.</summary>
/// <param name="Loop">The load's side.</param>
/// <param name="Processor">Used by the contender while it was measured.</param>
/// <param name="Note">Anything else worth a column.</param>
internal sealed record Turn(LoopResult Loop, TimeSpan Processor, string Note);

/// <summary>
/// Runs contenders in turn, A B A B, so that whatever else the machine does meets all of them alike; the first is what the
/// others are compared with.
/// </summary>
internal sealed class Rounds(IReadOnlyList<Contender> contenders)
{
    private readonly List<Turn>[] _turns = [.. contenders.Select(_ => new List<Turn>())];

    public async Task RunAsync(BenchOptions options)
    {
        for (var round = 1; round <= options.Pairs; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var turn = await contenders[i].TurnAsync(options);
                _turns[i].Add(turn);
                Console.WriteLine(
                    $"round {round}, {contenders[i].Name}: {turn.Loop.PerSecond:0} accepted/s, p50 {turn.Loop.Percentile(0.5).TotalMilliseconds:0.0} ms, " +
                    $"p99 {turn.Loop.Percentile(0.99).TotalMilliseconds:0.0} ms, {Micros(turn):0} µs of processor each, {turn.Loop.Refused} refused{turn.Note}");
            }
        }
    }

    /// <summary>The contender's median throughput as a share of the first one's.</summary>
    public double Share(int contender) => Median(_turns[contender], Rate) / Median(_turns[0], Rate);

    /// <summary>Whether any request was answered with anything but 202.</summary>
    public bool Refused => _turns.Any(turns => turns.Any(turn => turn.Loop.Refused > 0));

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine("| | accepted/s, median (min–max) | of the first | pair by pair, median (min–max) | p99, median | processor per webhook, median |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        for (var i = 0; i < contenders.Count; i++)
        {
            var pairs = _turns[i].Zip(_turns[0], (turn, first) => Rate(turn) / Rate(first)).Order().ToArray();
            var rates = _turns[i].Select(Rate).Order().ToArray();
            Console.WriteLine(
                $"| {contenders[i].Name} | {Middle(rates):0} ({rates[0]:0}–{rates[^1]:0}) | {Share(i):0.00} | " +
                $"{Middle(pairs):0.00} ({pairs[0]:0.00}–{pairs[^1]:0.00}) | " +
                $"{Median(_turns[i], turn => turn.Loop.Percentile(0.99).TotalMilliseconds):0.0} ms | {Median(_turns[i], Micros):0} µs |");
        }
    }

    private static double Rate(Turn turn) => turn.Loop.PerSecond;

    private static double Micros(Turn turn) => turn.Processor.TotalMicroseconds / Math.Max(1, turn.Loop.Latencies.Length);

    private static double Median(List<Turn> turns, Func<Turn, double> figure) => Middle([.. turns.Select(figure).Order()]);

    private static double Middle(double[] sorted) =>
        (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
