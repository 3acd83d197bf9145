using System.Globalization;
using System.Text.Json.Nodes;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Reliability;

/// <summary>Gateway processes that share a PostgreSQL journal, all with one gateway.json.</summary>
internal sealed class ReplicaSite : IAsyncDisposable
{
    private const string Variable = "GATEWAY_TEST_DATABASE";

    private static int _schemas;

    private readonly TemporaryFolder _folder = new();
    private readonly PostgresCluster _cluster;
    private readonly string _schema = $"replicas_{Interlocked.Increment(ref _schemas)}";
    private readonly string _config;
    private readonly List<GatewayProcess> _gateways = [];

    private ReplicaSite(PostgresCluster cluster, string config, TimeSpan? lease)
    {
        _cluster = cluster;
        var given = JsonNode.Parse(config)!;
        var journal = new JsonObject { ["type"] = "postgres", ["connectionString"] = $"env:{Variable}" };
        if (lease is { } length)
            journal["lease"] = length.ToString("c", CultureInfo.InvariantCulture);
        given["journal"] = journal;
        _config = _folder.Write("gateway.json", given.ToJsonString());
    }

    /// <param name="config">As <see cref="Battery.Config(string, string?, string?)"/> makes it.</param>
    /// <param name="cluster">One of the test's own; the shared one when left out.</param>
    /// <param name="lease">The default when left out.</param>
    public static async Task<ReplicaSite> CreateAsync(string config, PostgresCluster? cluster = null, TimeSpan? lease = null) =>
        new(cluster ?? await PostgresCluster.SharedAsync(), config, lease);

    public async Task<GatewayProcess> StartAsync()
    {
        var gateway = await GatewayProcess.StartAsync(_config, (Variable, _cluster.ConnectionString(_schema)));
        lock (_gateways)
            _gateways.Add(gateway);
        return gateway;
    }

    public Task<GatewayProcess[]> StartAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAsync()));

    /// <summary>The first value of the first row, as a person with psql would see it.</summary>
    public async Task<string> AskAsync(string sql) =>
        Convert.ToString(await _cluster.ScalarAsync(sql, _schema), CultureInfo.InvariantCulture)!;

    /// <summary>Fails unless every one of these events is in the journal.</summary>
    public async Task AssertStoredAsync(IReadOnlyCollection<Guid> acknowledged)
    {
        var stored = await AskAsync("SELECT string_agg(id::text, ' ') FROM event");
        Assert.Empty(acknowledged.Except(stored.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();

        _folder.Dispose();
    }
}
