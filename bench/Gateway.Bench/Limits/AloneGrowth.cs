using AngoGateway.Journal;

namespace AngoGateway.Bench.Limits;

/// <summary>How a journal fares with a million events in it, and while old ones are pruned, two for each new one.</summary>
internal static class AloneGrowth
{
    private const int Events = 1_000_000;
    private const double AimFull = 0.85;
    private const double AimPruning = 0.25;

    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private static readonly Attempt Done = new(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://127.0.0.1:9000", 200, null, null);

    public static async Task RunAsync(PostgresCluster database, byte[] payload, BenchOptions options)
    {
        // Delivered already, as in proxy mode: what waits is not pruned.
        var senders = new AloneSenders(options.Connections, payload, [new NewDelivery("sink", Done)]);
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        List<(double Empty, double Full)> sqlite;
        await using (var stand = AloneStand.Sqlite(folder.FullName, new RetentionConfig(), static () => { }))
        {
            sqlite = await TakeTurnsAsync(stand, AloneStand.SqliteAsync, senders, options);
        }

        AloneTurn pruning;
        await using (var stand = AloneStand.Sqlite(folder.FullName, new RetentionConfig(Moment, Moment, Moment), () => folder.Delete(recursive: true)))
        {
            pruning = await senders.RunAsync(stand, TimeSpan.FromSeconds(options.Seconds));
        }

        await using var full = await AloneStand.PostgresAsync(database);
        var postgres = await TakeTurnsAsync(full, () => AloneStand.PostgresAsync(database), senders, options);
        Console.WriteLine();
        Console.WriteLine($"| | empty, events/s | at {Events / 1_000_000} M | ratio | aim | while two are pruned for each | ratio to empty | aim |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        var ratio = pruning.PerSecond / Medians.Of(sqlite, static turn => turn.Empty);
        Console.WriteLine($"| SQLite | {Row(sqlite)} | {pruning.PerSecond:0} | {ratio:0.00} | ≥ {AimPruning} |");
        Console.WriteLine($"| PostgreSQL | {Row(postgres)} | | | |");
    }

    // The one that was filled, and in turn with it new ones.
    private static async Task<List<(double Empty, double Full)>> TakeTurnsAsync(
        AloneStand full, Func<Task<AloneStand>> openAsync, AloneSenders senders, BenchOptions options)
    {
        await senders.RunAsync(full, Forever, Events);
        var turns = new List<(double, double)>();
        for (var turn = 0; turn < options.Rounds; turn++)
        {
            await using var empty = await openAsync();
            turns.Add((await PerSecondAsync(empty), await PerSecondAsync(full)));
        }

        return turns;

        async Task<double> PerSecondAsync(AloneStand stand)
        {
            // A new file's log has no blocks yet; the other's are cold.
            await senders.RunAsync(stand, TimeSpan.FromSeconds(options.WarmUp));
            return (await senders.RunAsync(stand, TimeSpan.FromSeconds(options.Seconds))).PerSecond;
        }
    }

    private static string Row(List<(double Empty, double Full)> turns)
    {
        double[] ratios = [.. turns.Select(static turn => turn.Full / turn.Empty)];
        return $"{Medians.Of(turns, static turn => turn.Empty):0} | {Medians.Of(turns, static turn => turn.Full):0} | " +
            $"{Medians.Of(ratios, static ratio => ratio):0.00} ({ratios.Min():0.00}–{ratios.Max():0.00}) | ≥ {AimFull}";
    }
}
