namespace AngoGateway.Bench.Limits;

/// <summary>The waits in a run at a fixed rate, and what a bare sync took at the same moments.</summary>
/// <param name="loop">All answers.</param>
/// <param name="beside">A few bare syncs each second, meanwhile.</param>
internal sealed class Stalls(LoopResult loop, BareSyncs beside)
{
    private const double AimToBare = 10;
    private const double GoalToBare = 4;
    private const int Told = 8;

    private static readonly TimeSpan AimStall = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan GoalStall = TimeSpan.FromMilliseconds(50);

    // Waits closer together than this are one.
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(500);

    public LoopResult Loop => loop;

    // While more were due: the rate leaves no gaps of this size.
    private TimeSpan LongestSilence => loop.Answers.Zip(loop.Answers.Skip(1), static (one, next) => next.Answered - one.Answered).Max();

    /// <param name="alone">Bare syncs with nothing beside them.</param>
    public void Print(BareSyncs alone)
    {
        Console.WriteLine();
        Console.WriteLine("| ms | p50 | p99 | p99.9 | max |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        Row("accepted, from when it was due", loop.Percentile);
        Row("bare append and sync, alone before and after", alone.Percentile);
        Row($"the same {1 / BesideSeconds:0} times a second beside the gateway", beside.Percentile);
        Console.WriteLine();
        Console.WriteLine("| | | aim | goal |");
        Console.WriteLine("| --- | --- | --- | --- |");
        Console.WriteLine(
            $"| accept p99 to the bare sync's p99, alone / beside | {Ratio(alone):0.0} / {Ratio(beside):0.0} | ≤ {AimToBare} | ≤ {GoalToBare} |");
        var aims = $"≤ {AimStall.TotalMilliseconds} | ≤ {GoalStall.TotalMilliseconds}";
        Console.WriteLine($"| longest wait for an answer, ms | {loop.Percentile(1).TotalMilliseconds:0} | {aims} |");
        Console.WriteLine($"| longest time in which nothing was answered, ms | {LongestSilence.TotalMilliseconds:0} | {aims} |");
        PrintWorst();
    }

    private static void Row(string name, Func<double, TimeSpan> percentile) => Console.WriteLine(
        $"| {name} | {string.Join(" | ", new[] { 0.5, 0.99, 0.999, 1 }.Select(share => $"{percentile(share).TotalMilliseconds:0.00}"))} |");

    private double BesideSeconds => loop.Took.TotalSeconds / beside.Syncs.Length;

    private double Ratio(BareSyncs bare) => loop.Percentile(0.99) / bare.Percentile(0.99);

    // Whether the disk kept a bare loop waiting in the same moment.
    private void PrintWorst()
    {
        var waits = new List<(TimeSpan From, TimeSpan Until, TimeSpan Longest, int Webhooks)>();
        foreach (var (answered, latency) in loop.Answers.Where(static answer => answer.Latency > GoalStall))
        {
            if (waits is [.., var last] && answered - latency < last.Until + Apart)
            {
                waits[^1] = (Earlier(last.From, answered - latency), answered, latency > last.Longest ? latency : last.Longest, last.Webhooks + 1);
            }
            else
            {
                waits.Add((answered - latency, answered, latency, 1));
            }
        }

        Console.WriteLine();
        Console.WriteLine($"{waits.Count} moment(s) with waits over {GoalStall.TotalMilliseconds} ms{(waits.Count > 0 ? "; the worst:" : ".")}");
        foreach (var wait in waits.OrderByDescending(static wait => wait.Longest).Take(Told))
        {
            double[] then = [.. beside.Syncs.Where(sync => Since(sync.At) + sync.Took > wait.From && Since(sync.At) < wait.Until)
                .Select(static sync => sync.Took.TotalMilliseconds)];
            Console.WriteLine(
                $"- at {wait.From.TotalSeconds:0.0} s: {wait.Webhooks} webhooks, up to {wait.Longest.TotalMilliseconds:0} ms; " +
                $"{(then.Length > 0 ? $"the slowest of {then.Length} bare syncs then: {then.Max():0.0} ms" : "no bare sync then")}");
        }
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private TimeSpan Since(long timestamp) => TimeProvider.System.GetElapsedTime(loop.First, timestamp);
}
