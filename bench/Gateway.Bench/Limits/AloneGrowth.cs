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
        var seconds = TimeSpan.FromSeconds(options.Seconds);
        Console.WriteLine();
        Console.WriteLine($"| | empty, events/s | at {Events / 1_000_000} M | ratio | aim | while pruning | ratio | aim |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        double empty;
        double full;
        await using (var stand = AloneStand.Sqlite(folder.FullName, new RetentionConfig(), static () => { }))
        {
            (empty, full) = await FillAsync(stand);
        }

        double pruning;
        await using (var stand = AloneStand.Sqlite(folder.FullName, new RetentionConfig(Moment, Moment, Moment), () => folder.Delete(recursive: true)))
        {
            pruning = (await senders.RunAsync(stand, seconds)).PerSecond;
        }

        Console.WriteLine($"| SQLite | {empty:0} | {full:0} | {full / empty:0.00} | ≥ {AimFull} | {pruning:0} | {pruning / empty:0.00} | ≥ {AimPruning} |");
        await using var postgres = await AloneStand.PostgresAsync(database);
        (empty, full) = await FillAsync(postgres);
        Console.WriteLine($"| PostgreSQL | {empty:0} | {full:0} | {full / empty:0.00} | ≥ {AimFull} | | | |");

        async Task<(double Empty, double Full)> FillAsync(AloneStand stand)
        {
            var first = (await senders.RunAsync(stand, seconds)).PerSecond;
            await senders.RunAsync(stand, Forever, Events);
            return (first, (await senders.RunAsync(stand, seconds)).PerSecond);
        }
    }
}
