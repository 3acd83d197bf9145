using AngoGateway.Bench.Peers;
using AngoGateway.Journal;

namespace AngoGateway.Bench.Limits;

/// <summary>
/// The journals alone, without HTTP, in this process: how many events senders get on the disk, beside the least that takes, and how
/// fast they are worked off again.
/// </summary>
internal static class JournalAloneBench
{
    /// <summary>Rounds of journals opened anew, seconds of a turn; a turn of each in a round.</summary>
    public static readonly BenchOptions Usual = new(Rounds: 5, Turns: 1, Seconds: 3, WarmUp: 2, Connections: 64);

    public static readonly BenchOptions Quick = new(Rounds: 1, Turns: 1, Seconds: 2, WarmUp: 1, Connections: 64);

    private const string Sink = "sink";

    // A new file's log has no blocks yet: it takes them once.
    private static readonly TimeSpan LeadIn = TimeSpan.FromSeconds(1);

    private static readonly int[] Sizes = [2 << 10, 32 << 10];

    /// <param name="options">How long and how hard.</param>
    /// <param name="grows">Whether a million events are put in, too.</param>
    public static async Task<int> RunAsync(BenchOptions options, bool grows)
    {
        await using var database = await PostgresCluster.StartAsync();
        AloneContender[] all =
        [
            new("raw", AloneStand.RawAsync, static _ => "", ""),
            new("SQLite", AloneStand.SqliteAsync, static size => size == Sizes[0] ? "≥ 0.40" : "≥ 0.80", "≥ 4"),
            new("PostgreSQL", () => AloneStand.PostgresAsync(database), static size => size == Sizes[0] ? "≥ 0.30" : "", "≥ 1.5"),
        ];
        int[] sizes = options.Kilobytes > 0 ? [options.Kilobytes << 10] : Sizes;
        foreach (var size in sizes)
        {
            var senders = new AloneSenders(options.Connections, Payload.OfBoxes(size).Bytes, [new NewDelivery(Sink)]);
            var turns = all.ToDictionary(static contender => contender, static _ => new List<(AloneTurn Accept, double Drain)>());
            // Compilers settle before anything counts.
            foreach (var contender in all)
            {
                await TurnAsync(contender, senders, options.WarmUp);
            }

            for (var turn = 0; turn < options.Rounds * options.Turns; turn++)
            {
                // Back and forth, so that a machine that gets busier or quieter favours nobody.
                foreach (var contender in turn % 2 == 0 ? all : all.Reverse())
                {
                    turns[contender].Add(await TurnAsync(contender, senders, options.Seconds));
                }

                var rates = all.Select(contender => $"{contender.Name} {turns[contender][^1].Accept.PerSecond:0}/s");
                Console.WriteLine($"{PeerTables.Size(size)}, round {turn + 1}: {string.Join(", ", rates)}");
            }

            Print(size, turns, turns[all[0]]);
        }

        if (grows)
        {
            await AloneGrowth.RunAsync(database, Payload.OfBoxes(sizes[0]).Bytes, options);
        }

        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds * options.Turns} round(s) of {options.Seconds} s each on new journals after a second that does not count, " +
            $"{options.Connections} senders in one process, a tenth of the keys repeated, " +
            "one delivery each; medians (min–max), ratios turn by turn. Raw: one gathered append of all that waits, one fdatasync, keys in memory. " +
            $"Drain: four workers claim 100 each, read the payloads, settle; {PostgresCluster.Settings}, fsync on.");
        return 0;
    }

    private static async Task<(AloneTurn Accept, double Drain)> TurnAsync(AloneContender contender, AloneSenders senders, double seconds)
    {
        await using var stand = await contender.OpenAsync();
        await senders.RunAsync(stand, LeadIn);
        var accept = await senders.RunAsync(stand, TimeSpan.FromSeconds(seconds));
        return (accept, stand.Journal is null ? 0 : await AloneDrain.RunAsync(stand.Journal, Sink));
    }

    private static void Print(int size, Dictionary<AloneContender, List<(AloneTurn Accept, double Drain)>> turns, List<(AloneTurn Accept, double Drain)> raw)
    {
        Console.WriteLine();
        Console.WriteLine($"| {PeerTables.Size(size)} | events/s | to raw | aim | events per commit | p50 ms | p99 ms | drained/s | to accepted | aim |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var (contender, all) in turns)
        {
            double[] ratios = [.. all.Zip(raw, static (turn, bare) => turn.Accept.PerSecond / bare.Accept.PerSecond)];
            double[] drains = [.. all.Select(static turn => turn.Drain / turn.Accept.PerSecond)];
            Console.WriteLine(
                $"| {contender.Name} | {Medians.Of(all, static turn => turn.Accept.PerSecond):0} | {Range(ratios)} | {contender.Aim(size)} | " +
                $"{Medians.Of(all, static turn => turn.Accept.PerCommit):0} | {Medians.Of(all, static turn => turn.Accept.Milliseconds(0.5)):0.0} | " +
                $"{Medians.Of(all, static turn => turn.Accept.Milliseconds(0.99)):0.0} | " +
                $"{(contender.DrainAim.Length > 0 ? $"{Medians.Of(all, static turn => turn.Drain):0} | {Range(drains)} | {contender.DrainAim}" : " | | ")} |");
        }

        Console.WriteLine();

        static string Range(double[] ratios) => $"{Medians.Of(ratios, static ratio => ratio):0.00} ({ratios.Min():0.00}–{ratios.Max():0.00})";
    }

    /// <param name="Name">In the table.</param>
    /// <param name="OpenAsync">Opens a new one.</param>
    /// <param name="Aim">Of its rate to raw, by size.</param>
    /// <param name="DrainAim">Of its drain to what it accepts.</param>
    private sealed record AloneContender(string Name, Func<Task<AloneStand>> OpenAsync, Func<int, string> Aim, string DrainAim);
}
