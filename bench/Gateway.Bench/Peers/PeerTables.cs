namespace AngoGateway.Bench.Peers;

/// <summary>What was measured with payloads of one size, in two tables.</summary>
internal static class PeerTables
{
    public static string Size(int bytes) => bytes >= 1 << 20 ? $"{bytes >> 20} MB" : $"{bytes >> 10} KB";

    /// <param name="size">Of the payloads.</param>
    /// <param name="connections">That sent them.</param>
    /// <param name="measured">The systems with their turns, which are compared one by one.</param>
    /// <param name="one">With whom all are compared.</param>
    /// <param name="other">And with whom, too.</param>
    public static void PrintRates(int size, int connections, IReadOnlyList<(Peer Peer, IReadOnlyList<PeerTurn> Turns)> measured, Peer one, Peer other)
    {
        var (first, second) = (Turns(one), Turns(other));
        Console.WriteLine();
        Console.WriteLine($"### {Size(size)}, {connections} connections");
        Console.WriteLine();
        Console.WriteLine(
            $"| | requests/s, median (min–max) | of {one.Name} | of {other.Name} | end to end/s | of {one.Name} | " +
            "processor µs per request: system | upstream | senders | peak memory, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var (peer, turns) in measured)
        {
            var rate = Medians.Of(turns, static turn => turn.PerSecond);
            var endToEnd = peer.Queues
                ? $"{Medians.Of(turns, static turn => turn.Sustained):0} | {Share(turns, first, static turn => turn.Sustained)}"
                : " | ";
            Console.WriteLine(
                $"| {peer.Name} | {rate:0} ({turns.Min(static turn => turn.PerSecond):0}–{turns.Max(static turn => turn.PerSecond):0}) | " +
                $"{Share(turns, first, static turn => turn.PerSecond)} | {Share(turns, second, static turn => turn.PerSecond)} | {endToEnd} | " +
                $"{Of(turns, static turn => turn.System)} | {Of(turns, static turn => turn.Upstream)} | {Of(turns, static turn => turn.Senders)} | " +
                $"{turns.Max(static turn => turn.PeakMemory) / 1e6:0} |");
        }

        IReadOnlyList<PeerTurn> Turns(Peer peer) => measured.First(system => system.Peer == peer).Turns;

        static string Of(IReadOnlyList<PeerTurn> turns, Func<PeerTurn, double> figure) => $"{Medians.Of(turns, figure):0}";
    }

    public static void PrintLatencies(IReadOnlyList<(Peer Peer, double Rate, LoopResult Loop)> measured)
    {
        var webhooks = measured.Max(static system => system.Loop.Accepted);
        Console.WriteLine();
        Console.WriteLine($"| {measured[0].Rate:0.#} requests/s, due at a fixed time; {webhooks} each | p50 | p99 | p99.9 | worst |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        foreach (var (peer, _, loop) in measured)
        {
            Console.WriteLine($"| {peer.Name} | {At(loop, 0.5)} | {At(loop, 0.99)} | {At(loop, 0.999)} | {Milliseconds(loop.Percentile(1))} |");
        }
    }

    // Turn by turn, since the machine is the same for both then.
    private static string Share(IReadOnlyList<PeerTurn> turns, IReadOnlyList<PeerTurn> others, Func<PeerTurn, double> figure) =>
        $"{Medians.Of(turns.Zip(others, (turn, other) => figure(turn) / other.PerSecond), static share => share):0.00}";

    // One in a hundred is nothing to say about fifty.
    private static string At(LoopResult loop, double share) => loop.Latencies.Length * (1 - share) < 1 ? "–" : Milliseconds(loop.Percentile(share));

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds:0.00} ms";
}
