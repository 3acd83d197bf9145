namespace AngoGateway.Bench;

/// <summary>
/// What telemetry costs: how many webhooks a gateway takes that exports nothing, one that traces 10 % of them to a
/// collector on the same machine, and one that sends its metrics and every log line there too.
/// </summary>
internal static class TracingBench
{
    // Of the throughput without telemetry.
    private const double Least = 0.9;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        var rounds = new Rounds(
        [
            new Contender("no telemetry", static options => GatewayStand.SqliteAsync(options, new Dictionary<string, string>(), collector: null)),
            new Contender("traces at 10 %", static options => ExportAsync(options, ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"))),
            new Contender("traces at 10 %, metrics, logs", static options => ExportAsync(options)),
        ]);
        await rounds.RunAsync(options);
        rounds.Print();
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} rounds of {options.Turns} turns of {options.Seconds} s each, {options.Connections} connections, {options.Consumers} consumer(s), " +
            "unique signed events of 2 KB, SQLite journal, log to the console; OTLP over gRPC to a collector on the same machine.");
        var holds = rounds.Share(1) >= Least && !rounds.Refused;
        Console.WriteLine($"Traced: {rounds.Share(1):0.00} of the throughput without telemetry, {(holds ? "at least" : "NOT at least")} {Least}{(rounds.Refused ? ", and requests were refused" : "")}.");
        return holds ? 0 : 1;
    }

    private static async Task<Stand> ExportAsync(BenchOptions options, params (string Name, string Value)[] more)
    {
        var collector = await BenchProcess.StartAsync("gateway-bench.dll", ["collector"], new Dictionary<string, string>());
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Addresses[0].ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = "0.1",
            // So that turns of a few seconds have their share of them.
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "2000",
        };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return await GatewayStand.SqliteAsync(options, environment, collector);
    }
}
