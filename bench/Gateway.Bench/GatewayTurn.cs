using System.Text.Json.Nodes;

namespace AngoGateway.Bench;

/// <summary>One turn of the gateway: a new process on a new SQLite journal, with its consumers, loaded and ended.</summary>
internal static class GatewayTurn
{
    public static async Task<Turn> RunAsync(BenchOptions options, IReadOnlyDictionary<string, string> environment)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        var consumers = new List<BenchProcess>();
        try
        {
            for (var i = 0; i < options.Consumers; i++)
            {
                consumers.Add(await BenchProcess.StartAsync("gateway-bench.dll", ["consumer"], new Dictionary<string, string>()));
            }

            var config = Path.Combine(folder.FullName, "gateway.json");
            await File.WriteAllTextAsync(config, Config([.. consumers.Select(consumer => consumer.Addresses[0])]));
            await using var gateway = await BenchProcess.StartAsync(
                "ango-gateway.dll", ["run", "--config", config], new Dictionary<string, string>(environment) { ["GATEWAY_BENCH_SECRET"] = Webhooks.Secret });
            var processor = TimeSpan.Zero;
            var loop = await ClosedLoop.RunAsync(gateway.Addresses[0], options, () => processor = gateway.Processor - processor);
            return new Turn(loop, processor, "");
        }
        finally
        {
            foreach (var consumer in consumers)
            {
                await consumer.DisposeAsync();
            }

            folder.Delete(recursive: true);
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
