using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace AngoGateway.Bench;

/// <summary>The gateway as a contender: new processes on a new journal, with consumers that answer 200.</summary>
internal static class GatewayStand
{
    private const string Database = "GATEWAY_BENCH_DATABASE";

    /// <summary>One gateway with a SQLite journal.</summary>
    /// <param name="options">How many consumers.</param>
    /// <param name="environment">Of the gateway.</param>
    /// <param name="collector">Runs beside it and ends with it; null: none.</param>
    public static Task<Stand> SqliteAsync(BenchOptions options, IReadOnlyDictionary<string, string> environment, BenchProcess? collector) => StartAsync(
        options, replicas: 1, new JsonObject { ["type"] = "sqlite", ["path"] = "gateway.db" }, environment, collector, database: null);

    /// <summary>Several gateways that share a new schema of a PostgreSQL.</summary>
    /// <param name="options">How many consumers.</param>
    /// <param name="database">Where the schema is.</param>
    /// <param name="schema">Its connection string.</param>
    /// <param name="replicas">How many gateways.</param>
    public static Task<Stand> PostgresAsync(BenchOptions options, PostgresCluster database, string schema, int replicas) => StartAsync(
        options,
        replicas,
        new JsonObject { ["type"] = "postgres", ["connectionString"] = $"env:{Database}" },
        new Dictionary<string, string> { [Database] = schema },
        collector: null,
        database);

    /// <summary>One gateway before consumers that are up already.</summary>
    /// <param name="journal">Its type: <c>memory</c> or <c>sqlite</c>, or <c>postgres</c> with a new schema of <paramref name="database"/>.</param>
    /// <param name="mode">Of the only route.</param>
    /// <param name="consumers">That the route leads to.</param>
    /// <param name="database">Where the schema is.</param>
    /// <param name="logLevel">Of the lines it writes; as it is, none for a request unless that is refused.</param>
    public static Task<Stand> BeforeAsync(
        string journal, string mode, IReadOnlyList<Uri> consumers, PostgresCluster? database = null, string logLevel = "Warning") => StartAsync(
        replicas: 1,
        journal switch
        {
            "sqlite" => new JsonObject { ["type"] = journal, ["path"] = "gateway.db" },
            "postgres" => new JsonObject { ["type"] = journal, ["connectionString"] = $"env:{Database}" },
            _ => new JsonObject { ["type"] = journal },
        },
        mode,
        consumers,
        others: [],
        new Dictionary<string, string>
        {
            [Database] = database?.NewSchema() ?? "",
            // No other system writes a line for each request.
            ["Logging__LogLevel__Default"] = logLevel,
        },
        collector: null,
        database);

    /// <summary>One gateway before consumers that are up already, whose configuration and journal a bench writes itself.</summary>
    /// <param name="config">Its gateway.json.</param>
    /// <param name="mode">Of the route that the webhooks take.</param>
    /// <param name="prepare">Given its folder, before it starts.</param>
    public static async Task<Stand> OwnAsync(JsonObject config, string mode, Action<string> prepare)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        prepare(folder.FullName);
        return await StartAsync(
            replicas: 1,
            folder,
            config.ToJsonString(),
            mode,
            others: [],
            new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Warning" },
            collector: null,
            database: null);
    }

    private static async Task<Stand> StartAsync(
        BenchOptions options, int replicas, JsonObject journal, IReadOnlyDictionary<string, string> environment, BenchProcess? collector, PostgresCluster? database)
    {
        var others = new List<BenchProcess>();
        for (var i = 0; i < options.Consumers; i++)
        {
            others.Add(await BenchProcess.StartAsync("gateway-bench.dll", ["consumer"], new Dictionary<string, string>()));
        }

        return await StartAsync(replicas, journal, "queue", [.. others.Select(consumer => consumer.Addresses[0])], others, environment, collector, database);
    }

    private static Task<Stand> StartAsync(
        int replicas,
        JsonObject journal,
        string mode,
        IReadOnlyList<Uri> consumers,
        List<BenchProcess> others,
        IReadOnlyDictionary<string, string> environment,
        BenchProcess? collector,
        PostgresCluster? database) => StartAsync(
            replicas, Directory.CreateTempSubdirectory("gateway-bench-"), Config(journal, mode, consumers).ToJsonString(), mode, others, environment, collector, database);

    private static async Task<Stand> StartAsync(
        int replicas,
        DirectoryInfo folder,
        string gatewayJson,
        string mode,
        List<BenchProcess> others,
        IReadOnlyDictionary<string, string> environment,
        BenchProcess? collector,
        PostgresCluster? database)
    {
        var config = Path.Combine(folder.FullName, "gateway.json");
        await File.WriteAllTextAsync(config, gatewayJson);
        var gateways = new List<BenchProcess>();
        for (var i = 0; i < replicas; i++)
        {
            gateways.Add(await BenchProcess.StartAsync(
                "ango-gateway.dll", ["run", "--config", config], new Dictionary<string, string>(environment) { ["GATEWAY_BENCH_SECRET"] = Webhooks.Secret }));
        }

        if (collector is not null)
        {
            others.Add(collector);
        }

        return new Stand(
            gateways,
            others,
            () => mode == "proxy" ? Task.CompletedTask : DrainAsync(gateways[0].Addresses[1]),
            () => collector is null ? Task.FromResult("") : Collector.CountsAsync(collector.Addresses[1]),
            () => folder.Delete(recursive: true))
        {
            Database = database,
            HoldAsync = held => HoldAsync(gateways[0].Addresses[1], held),
            // In the mode that passes the consumer's answer on, 200.
            Good = mode == "proxy" ? 200 : 202,
        };
    }

    /// <summary>Returns when nothing waits any more, but for paused consumers: what one turn leaves behind must not be delivered in another's.</summary>
    public static async Task DrainAsync(Uri admin)
    {
        using var http = new HttpClient();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await ticks.WaitForNextTickAsync())
        {
            var consumers = (await http.GetFromJsonAsync<JsonNode>(new Uri(admin, "api/consumers")))!["consumers"]!.AsArray();
            if (consumers.All(static consumer => (long)consumer!["pending"]! == 0 || (string?)consumer["state"] == "paused"))
            {
                return;
            }
        }
    }

    // All consumers of it, by its operator's switch.
    private static async Task HoldAsync(Uri admin, bool held)
    {
        using var http = new HttpClient();
        var consumers = (await http.GetFromJsonAsync<JsonNode>(new Uri(admin, "api/consumers")))!["consumers"]!.AsArray();
        foreach (var consumer in consumers)
        {
            using var answer = await http.PostAsJsonAsync(new Uri(admin, $"api/consumers/{consumer!["name"]}/{(held ? "pause" : "resume")}"), new JsonObject());
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>A whole gateway.json with free ports.</summary>
    /// <param name="journal">Its journal.</param>
    /// <param name="mode">Of the only route.</param>
    /// <param name="consumers">That the route leads to.</param>
    /// <param name="retention">How long things are remembered; null: as by default.</param>
    public static JsonObject Config(JsonObject journal, string mode, IReadOnlyList<Uri> consumers, JsonObject? retention = null) => new()
    {
        ["retention"] = retention ?? [],
        ["listen"] = new JsonObject { ["public"] = "http://127.0.0.1:0", ["admin"] = "http://127.0.0.1:0" },
        ["journal"] = journal,
        ["sources"] = new JsonObject
        {
            ["ango"] = new JsonObject
            {
                ["path"] = Webhooks.Path,
                ["auth"] = new JsonObject { ["type"] = "hubSignature", ["secrets"] = new JsonArray("env:GATEWAY_BENCH_SECRET") },
            },
        },
        ["consumers"] = new JsonObject(consumers.Select((url, i) => KeyValuePair.Create<string, JsonNode?>($"consumer-{i + 1}", new JsonObject { ["url"] = url.ToString() }))),
        ["routes"] = consumers.Count == 0
            ? new JsonArray()
            : new JsonArray(new JsonObject { ["match"] = new JsonObject(), ["mode"] = mode, ["to"] = new JsonArray([.. consumers.Select((_, i) => (JsonNode)$"consumer-{i + 1}")]) }),
    };
}
