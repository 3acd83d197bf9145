using System.Text.Json.Nodes;
using AngoGateway.Commands;
using AngoGateway.Operator;
using AngoGateway.Tests.Commands;
using AngoGateway.Tests.Operator;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AngoGateway.Tests.Flows;

/// <summary>Two gateways on one PostgreSQL journal, as their operator sees them.</summary>
public sealed class ReplicasTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static int _schemas;

    private readonly TemporaryFolder _folder = new();
    private readonly string _schema = $"flow_{Interlocked.Increment(ref _schemas)}";

    public async Task InitializeAsync() => _folder.Write("database", (await PostgresCluster.SharedAsync()).ConnectionString(_schema));

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_one_takes_the_other_delivers_and_a_pause_holds_for_both()
    {
        using var consumer = FakeConsumer.Start();
        await using var first = await StartAsync(consumer);
        await using var second = await StartAsync(consumer);

        await first.Admin.PostJsonAsync("/api/consumers/training/pause", "{}");
        await Eventually.TrueAsync(() => second.Journal.Lane("training").PausedAt is not null, Soon, () => "a pause at the other gateway");
        var accepted = (await first.PostAsync(AngoPayload.Of(task: "one"))).EventId;
        var repeat = await second.PostAsync(AngoPayload.Of(task: "one"));
        Assert.Equal(("duplicate", accepted), (repeat.Word, repeat.EventId));
        Assert.Empty(consumer.Received);

        await first.Admin.PostJsonAsync("/api/consumers/training/resume", "{}");
        await consumer.WaitForEventsAsync([accepted!.Value], Soon);
        Assert.Single(consumer.Received);
    }

    [Fact]
    public async Task Different_configurations_are_shown_by_the_api_the_command_the_metric_and_the_log_until_they_are_the_same()
    {
        using var consumer = FakeConsumer.Start();
        await using var first = await StartAsync(consumer);
        await using var second = await StartAsync(consumer, more: "\"limits\": { \"bodyBytes\": 1000000 },");

        await second.WaitForLogAsync("have different configurations in force", Soon);
        var view = JsonNode.Parse(await second.Admin.GetStringAsync("/api/replicas"))!;
        Assert.True((bool)view["differ"]!);
        Assert.Equal(2, view["replicas"]!.AsArray().Select(replica => (string)replica!["revision"]!).Distinct().Count());
        var shown = await CommandRun.RunAsync(ReplicasCommand.Create(), "--admin", $"{second.Admin.BaseAddress}");
        Assert.Contains("Their configurations differ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("this one", shown.Output, StringComparison.Ordinal);
        await second.Services.GetServices<IHostedService>().OfType<GaugeReader>().Single().ReadAsync(default);
        await second.WaitForMetricAsync(1, "gateway_replicas", ("revision", (string)view["revision"]!));

        await second.RewriteAsync(Config(consumer));
        await second.WaitForLogAsync("have the same configuration in force", Soon);
        var same = await CommandRun.RunAsync(ReplicasCommand.Create(), "--admin", $"{first.Admin.BaseAddress}");
        Assert.DoesNotContain("differ", same.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresCluster.Password, string.Join('\n', second.Logs.GetSnapshot().Select(line => line.Message)) + shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_with_a_journal_of_its_own_says_so()
    {
        await using var alone = await GatewayHost.StartAsync("{}");

        var shown = await CommandRun.RunAsync(ReplicasCommand.Create(), "--admin", $"{alone.Admin.BaseAddress}");

        Assert.Contains("has its journal for itself", shown.Output, StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(FakeConsumer consumer, string more = "") => GatewayHost.StartAsync(Config(consumer, more));

    private string Config(FakeConsumer consumer, string more = "") => $$"""
        {
          {{more}}
          "journal": { "type": "postgres", "connectionString": "file:{{Path.Combine(_folder.Path, "database")}}" },
          "consumers": { "training": { "url": "{{consumer.Url}}" } },
          "routes": [ { "match": {}, "to": "training" } ]
        }
        """;
}
