using AngoGateway.Operator;
using AngoGateway.Tests.Operator;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Trace;

namespace AngoGateway.Tests.Telemetry;

/// <summary>What is there now. Gauges belong to a gateway, though others run in the same process.</summary>
public sealed class GaugeTests
{
    [Fact]
    public async Task A_backlog_its_age_and_its_dead_letters_are_shown_per_consumer()
    {
        using var refusing = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(OperatorHost.Config(null, ("waiting", "http://127.0.0.1:9"), ("refusing", refusing.Url)));
        await gateway.Admin.PostJsonAsync("/api/consumers/waiting/pause", "{}");
        await gateway.AcceptAsync(3);
        await gateway.WaitForCountAsync("state=dead", 3);

        await ReadAsync(gateway);

        var page = await gateway.WaitForMetricAsync(3, "gateway_deliveries_pending", ("consumer", "waiting"));
        Assert.InRange(page["gateway_deliveries_oldest_pending_age_seconds", ("consumer", "waiting")]!.Value, 0, 60);
        Assert.Equal(0, page["gateway_deliveries_oldest_pending_age_seconds", ("consumer", "refusing")]);
        Assert.Equal(0, page["gateway_dead_letters", ("consumer", "waiting")]);
        Assert.Equal(3, page["gateway_dead_letters", ("consumer", "refusing")]);
        Assert.Equal(1, page["gateway_lane_paused", ("consumer", "waiting")]);
        Assert.Equal(0, page["gateway_lane_paused", ("consumer", "refusing")]);
        Assert.Equal(0, page["gateway_lane_open", ("consumer", "refusing")]);
        Assert.InRange(page["gateway_journal_size_bytes", ("part", "file")]!.Value, 1, 1e9);
        Assert.InRange(page["gateway_journal_size_bytes", ("part", "log")]!.Value, 1, 1e9);
        Assert.Equal(0, page["gateway_journal_failing"]);
    }

    [Fact]
    public async Task An_open_circuit_is_shown()
    {
        using var failing = FakeConsumer.Start().Answers(500);
        await using var gateway = await GatewayHost.StartAsync(OperatorHost.Config(null, ("failing", failing.Url)));
        await gateway.AcceptAsync(10);
        await gateway.WaitForLogAsync("Circuit opened", OperatorHost.Soon);

        await Eventually.TrueAsync(
            async () =>
            {
                await ReadAsync(gateway);
                return (await MetricsPage.ReadAsync(gateway.Admin))["gateway_lane_open", ("consumer", "failing")] == 1;
            },
            OperatorHost.Soon,
            () => "an open lane");
    }

    [Fact]
    public async Task A_consumer_that_was_removed_is_shown_for_as_long_as_it_has_work()
    {
        await using var gateway = await GatewayHost.StartAsync(OperatorHost.Config(null, ("old", "http://127.0.0.1:9"), ("unused", "http://127.0.0.1:9")));
        await gateway.AcceptAsync(1);
        await ReadAsync(gateway);
        await gateway.WaitForMetricAsync(1, "gateway_deliveries_pending", ("consumer", "old"));

        await gateway.RewriteAsync(OperatorHost.Config(null, ("new", "http://127.0.0.1:9")));
        await gateway.WaitForLogAsync("is in force", OperatorHost.Soon);
        await gateway.Admin.PostJsonAsync("/api/discards", """{ "filter": { "consumer": "unused" } }""");
        await ReadAsync(gateway);

        var page = await gateway.WaitForMetricAsync(0, "gateway_deliveries_pending", ("consumer", "new"));
        Assert.Equal(1, page["gateway_deliveries_pending", ("consumer", "old")]);
        Assert.Null(page["gateway_deliveries_pending", ("consumer", "unused")]);
    }

    [Fact]
    public async Task The_configuration_in_force_and_a_refused_one_are_shown()
    {
        await using var gateway = await GatewayHost.StartAsync("{}");
        var start = await MetricsPage.ReadAsync(gateway.Admin);
        var revision = (string)(await gateway.GetOkAsync("/readyz"))["revision"]!;
        Assert.Equal(1, start["gateway_config_info", ("revision", revision)]);
        Assert.Equal(1, start["gateway_config_last_reload_successful"]);

        await File.WriteAllTextAsync(gateway.ConfigPath, "{");
        var refused = await gateway.WaitForMetricAsync(0, "gateway_config_last_reload_successful");
        Assert.True(refused["gateway_config_last_reload_time_seconds"] > start["gateway_config_last_reload_time_seconds"]);

        await gateway.RewriteAsync("""{ "consumers": { "new": { "url": "http://127.0.0.1:9" } } }""");
        var applied = await gateway.WaitForMetricAsync(1, "gateway_config_last_reload_successful");
        Assert.Null(applied["gateway_config_info", ("revision", revision)]);
        Assert.Contains("gateway_config_info{revision=", applied.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_cannot_write_is_shown()
    {
        await using var gateway = await GatewayHost.StartAsync("{}");
        File.Move(Path.Combine(gateway.Folder, "gateway.db"), Path.Combine(gateway.Folder, "elsewhere.db"));
        await gateway.PostAsync(AngoPayload.Of());

        await gateway.WaitForMetricAsync(1, "gateway_journal_failing");

        File.Move(Path.Combine(gateway.Folder, "elsewhere.db"), Path.Combine(gateway.Folder, "gateway.db"));
        await gateway.WaitForMetricAsync(0, "gateway_journal_failing");
    }

    [Fact]
    public async Task Each_gateway_shows_its_own_and_the_public_listener_shows_none()
    {
        await using var one = await GatewayHost.StartAsync(OperatorHost.Config(null, ("of-one", "http://127.0.0.1:9")));
        await using var other = await GatewayHost.StartAsync(
            """{ "journal": { "type": "memory" }, "consumers": { "of-another": { "url": "http://127.0.0.1:9" } } }""");
        await ReadAsync(one);
        await ReadAsync(other);

        var page = await one.WaitForMetricAsync(0, "gateway_deliveries_pending", ("consumer", "of-one"));
        Assert.Null(page["gateway_deliveries_pending", ("consumer", "of-another")]);
        var othersPage = await other.WaitForMetricAsync(0, "gateway_deliveries_pending", ("consumer", "of-another"));
        Assert.Null(othersPage["gateway_deliveries_pending", ("consumer", "of-one")]);
        Assert.DoesNotContain("gateway_journal_size", othersPage.Text, StringComparison.Ordinal);
        using var outside = await one.Public.GetAsync("/metrics");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, outside.StatusCode);
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_traces()
    {
        await using var gateway = await GatewayHost.StartAsync("{}");

        Assert.Null(gateway.Services.GetService<TracerProvider>());
    }

    // Instead of waiting for the time of the next look.
    private static Task ReadAsync(GatewayHost gateway) =>
        gateway.Services.GetServices<IHostedService>().OfType<GaugeReader>().Single().ReadAsync(CancellationToken.None);
}
