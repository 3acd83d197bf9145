using System.Text.Json.Nodes;

namespace AngoGateway.Bench.Limits;

/// <summary>A folder with a SQLite journal that outlives its gateways, and the service that they deliver to.</summary>
internal sealed class LimitsGround : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-bench-");
    private readonly BenchProcess _upstream;

    private LimitsGround(BenchProcess upstream) => _upstream = upstream;

    /// <summary>Of the journal and all else that a bench writes.</summary>
    public string Folder => _folder.FullName;

    public string Journal => Path.Combine(Folder, "gateway.db");

    public static async Task<LimitsGround> PrepareAsync() =>
        new(await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>()));

    /// <summary>A gateway in <c>queue</c> mode with one consumer, public address first, admin second. The caller ends it; the journal stays.</summary>
    /// <param name="retention">How long things are remembered; null: as by default.</param>
    public async Task<BenchProcess> StartGatewayAsync(JsonObject? retention = null)
    {
        var config = Path.Combine(Folder, "gateway.json");
        await File.WriteAllTextAsync(
            config, GatewayStand.Config(new JsonObject { ["type"] = "sqlite", ["path"] = Path.GetFileName(Journal) }, "queue", [_upstream.Addresses[0]], retention).ToJsonString());
        return await BenchProcess.StartAsync("ango-gateway.dll", ["run", "--config", config], new Dictionary<string, string>
        {
            ["GATEWAY_BENCH_SECRET"] = Webhooks.Secret,
            ["Logging__LogLevel__Default"] = "Warning",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
