using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace AngoGateway.Bench;

/// <summary>The gateway as a contender: a new process on a new SQLite journal, with consumers that answer 200.</summary>
internal static class GatewayStand
{
    /// <param name="options">How many consumers.</param>
    /// <param name="environment">Of the gateway.</param>
    /// <param name="collector">Runs beside it and ends with it; null: none.</param>
    public static async Task<Stand> StartAsync(BenchOptions options, IReadOnlyDictionary<string, string> environment, BenchProcess? collector)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        var others = new List<BenchProcess>();
        for (var i = 0; i < options.Consumers; i++)
        {
            others.Add(await BenchProcess.StartAsync("gateway-bench.dll", ["consumer"], new Dictionary<string, string>()));
        }

        var config = Path.Combine(folder.FullName, "gateway.json");
        await File.WriteAllTextAsync(config, Config([.. others.Select(consumer => consumer.Addresses[0])]));
        var gateway = await BenchProcess.StartAsync(
            "ango-gateway.dll", ["run", "--config", config], new Dictionary<string, string>(environment) { ["GATEWAY_BENCH_SECRET"] = Webhooks.Secret });
        if (collector is not null)
        {
            others.Add(collector);
        }

        return new Stand(
            gateway.Addresses[0],
            [gateway, .. others],
            () => DrainAsync(gateway.Addresses[1]),
            () => collector is null ? Task.FromResult("") : Collector.CountsAsync(collector.Addresses[1]),
            () => folder.Delete(recursive: true));
    }

    // What one turn leaves behind must not be delivered in another's.
    private static async Task DrainAsync(Uri admin)
    {
        using var http = new HttpClient();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await ticks.WaitForNextTickAsync())
        {
            var consumers = (await http.GetFromJsonAsync<JsonNode>(new Uri(admin, "api/consumers")))!["consumers"]!.AsArray();
            if (consumers.All(static consumer => (long)consumer!["pending"]! == 0))
            {
                return;
            }
        }
    }

    private static string Config(Uri[] consumers) => new JsonObject
    {
        ["listen"] = new JsonObject { ["public"] = "http://127.0.0.1:0", ["admin"] = "http://127.0.0.1:0" },
        ["journal"] = new JsonObject { ["type"] = "sqlite", ["path"] = "gateway.db" },
        ["sources"] = new JsonObject
        {
            ["ango"] = new JsonObject
            {
                ["path"] = Webhooks.Path,
                ["auth"] = new JsonObject { ["type"] = "hubSignature", ["secrets"] = new JsonArray("env:GATEWAY_BENCH_SECRET") },
            },
        },
        ["consumers"] = new JsonObject(consumers.Select((url, i) => KeyValuePair.Create<string, JsonNode?>($"consumer-{i + 1}", new JsonObject { ["url"] = url.ToString() }))),
        ["routes"] = consumers.Length == 0
            ? new JsonArray()
            : new JsonArray(new JsonObject { ["match"] = new JsonObject(), ["to"] = new JsonArray([.. consumers.Select((_, i) => (JsonNode)$"consumer-{i + 1}")]) }),
    }.ToJsonString();
}
