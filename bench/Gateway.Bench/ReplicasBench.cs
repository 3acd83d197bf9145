namespace AngoGateway.Bench;

/// <summary>
/// What a journal that several gateways share takes, beside one gateway with a file of its own. It reports; what is enough
/// is nobody's to say on a machine where gateways, database and senders share the cores.
/// </summary>
internal static class ReplicasBench
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var database = await PostgresCluster.StartAsync();
        var rounds = new Rounds(
        [
            new Contender("SQLite, one gateway", static options => GatewayStand.SqliteAsync(options, new Dictionary<string, string>(), collector: null)),
            new Contender("PostgreSQL, 1 replica", options => GatewayStand.PostgresAsync(options, database, database.NewSchema(), 1)),
            new Contender("2 replicas", options => GatewayStand.PostgresAsync(options, database, database.NewSchema(), 2)),
            new Contender("3 replicas", options => GatewayStand.PostgresAsync(options, database, database.NewSchema(), 3)),
        ]);
        await rounds.RunAsync(options);
        rounds.Print();
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} rounds of {options.Turns} turns of {options.Seconds} s each, {options.Connections} connections spread over the replicas, " +
            $"{options.Consumers} consumer(s), unique signed events of 2 KB; {PostgresCluster.Settings}, fsync on.");
        if (rounds.Refused)
        {
            Console.WriteLine("Requests were refused.");
        }

        return rounds.Refused ? 1 : 0;
    }
}
