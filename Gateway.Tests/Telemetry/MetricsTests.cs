using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Telemetry;

/// <summary>What is counted on the way of a webhook, as Prometheus reads it. Counters belong to the process: every test has names of its own.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Every_request_is_counted_by_its_source_and_outcome()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config("counted", "counted-c", consumer.Url));
        var payload = AngoPayload.Of();

        var before = await MetricsPage.ReadAsync(gateway.Admin);
        await gateway.PostAsync(payload);
        await gateway.PostAsync(payload);
        await gateway.PostAsync("no json"u8.ToArray());
        await gateway.PostAsync(AngoPayload.Of(task: "unwanted", stage: "Nobody"));
        await gateway.PostAsync(AngoPayload.Of(task: "old", updatedAt: "1990-01-01T00:00:00Z"));
        await gateway.PostAsync("{}"u8.ToArray());
        using var forged = SignedWebhook.Of(payload, secret: "another");
        using var refused = await gateway.Public.SendAsync(forged);

        // Zero from the start: whoever asks how much they rose must not miss the first.
        Assert.Equal(0, before["gateway_webhooks_total", ("source", "counted"), ("outcome", "accepted")]);
        Assert.Equal(0, before["gateway_webhooks_rejected_total", ("source", "counted"), ("reason", "mismatch"), ("mistake", "none")]);
        Assert.Equal(0, before["gateway_webhooks_verified_total", ("source", "counted"), ("secret", "0")]);
        Assert.Equal(0, before["gateway_deliveries_total", ("consumer", "counted-c"), ("outcome", "dead")]);
        var page = await gateway.WaitForMetricAsync(1, "gateway_webhooks_total", ("source", "counted"), ("outcome", "not_verified"));
        Assert.Equal(4, page["gateway_webhooks_total", ("source", "counted"), ("outcome", "accepted")]);
        Assert.Equal(1, page["gateway_webhooks_total", ("source", "counted"), ("outcome", "duplicate")]);
        Assert.Equal(1, page["gateway_webhooks_total", ("source", "counted"), ("outcome", "not_json")]);
        Assert.Equal(1, page["gateway_webhooks_rejected_total", ("source", "counted"), ("reason", "mismatch"), ("mistake", "none")]);
        Assert.Equal(6, page["gateway_webhooks_verified_total", ("source", "counted"), ("secret", "0")]);
        Assert.Equal(1, page["gateway_events_total", ("source", "counted"), ("disposition", "routed"), ("key", "fields")]);
        Assert.Equal(1, page["gateway_events_total", ("source", "counted"), ("disposition", "unrouted"), ("key", "fields")]);
        Assert.Equal(1, page["gateway_events_total", ("source", "counted"), ("disposition", "quarantined"), ("key", "fields")]);
        Assert.Equal(1, page["gateway_events_total", ("source", "counted"), ("disposition", "unrouted"), ("key", "content")]);
        Assert.Equal(4, page["gateway_webhook_duration_seconds_count", ("source", "counted"), ("outcome", "accepted")]);
        Assert.Equal(6, page["gateway_webhook_body_size_bytes_count", ("source", "counted")]);
        Assert.Equal(6, page["gateway_webhook_body_size_bytes_bucket", ("source", "counted"), ("le", "1024")]);
    }

    [Fact]
    public async Task The_lag_of_a_webhook_is_of_events_that_are_taken_now_and_never_negative()
    {
        await using var gateway = await GatewayHost.StartAsync(Config("lagging", "lagging-c", "http://127.0.0.1:9"));
        var now = TimeProvider.System.GetUtcNow();

        await gateway.PostAsync(AngoPayload.Of(task: "late", updatedAt: $"{now.AddMinutes(-10):O}"));
        await gateway.PostAsync(AngoPayload.Of(task: "ahead", updatedAt: $"{now.AddMinutes(10):O}"));
        await gateway.PostAsync(AngoPayload.Of(task: "old", updatedAt: "1990-01-01T00:00:00Z"));
        await gateway.PostAsync(AngoPayload.Of(task: "unknown", updatedAt: "yesterday"));

        var page = await gateway.WaitForMetricAsync(4, "gateway_webhooks_total", ("source", "lagging"), ("outcome", "accepted"));
        Assert.Equal(2, page["gateway_webhook_lag_seconds_count", ("source", "lagging")]);
        Assert.Equal(1, page["gateway_webhook_lag_seconds_bucket", ("source", "lagging"), ("le", "0.1")]);
        Assert.InRange(page["gateway_webhook_lag_seconds_sum", ("source", "lagging")]!.Value, 600, 660);
    }

    [Fact]
    public async Task Strangers_are_counted_without_what_they_wrote()
    {
        await using var gateway = await GatewayHost.StartAsync("{}");
        var before = (await MetricsPage.ReadAsync(gateway.Admin))["gateway_webhooks_total", ("source", "(none)"), ("outcome", "no_such_source")] ?? 0;

        await gateway.PostAsync(AngoPayload.Of(), "/a-path-of-their-own");

        var page = await gateway.WaitForMetricAsync(
            found => found > before, "more", "gateway_webhooks_total", ("source", "(none)"), ("outcome", "no_such_source"));
        Assert.DoesNotContain("a-path-of-their-own", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempts_and_ends_are_counted_by_consumer_in_both_modes()
    {
        using var flaky = FakeConsumer.Start().AnswersInTurn(500, 200);
        using var refusing = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": {
                "m-flaky": { "url": "{{flaky.Url}}", "delivery": { "retry": { "firstDelay": "00:00:00.020" } } },
                "m-refusing": { "url": "{{refusing.Url}}" }
              },
              "routes": [
                { "match": { "stage": "Review" }, "to": ["m-flaky", "m-refusing"] },
                { "match": { "stage": "Live" }, "to": ["m-flaky"], "mode": "proxy" },
                { "match": { "stage": "Refused" }, "to": ["m-refusing"], "mode": "proxy" }
              ]
            }
            """);

        await gateway.PostAsync(AngoPayload.Of());
        await gateway.WaitForMetricAsync(1, "gateway_deliveries_total", ("consumer", "m-flaky"), ("outcome", "delivered"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync(AngoPayload.Of(stage: "Live"))).Status);
        Assert.Equal(HttpStatusCode.Gone, (await gateway.PostAsync(AngoPayload.Of(stage: "Refused"))).Status);

        var page = await gateway.WaitForMetricAsync(1, "gateway_attempts_total", ("consumer", "m-refusing"), ("outcome", "refused"));
        Assert.Equal(1, page["gateway_attempts_total", ("consumer", "m-flaky"), ("outcome", "retry")]);
        Assert.Equal(2, page["gateway_attempts_total", ("consumer", "m-flaky"), ("outcome", "delivered")]);
        Assert.Equal(2, page["gateway_attempt_duration_seconds_count", ("consumer", "m-flaky"), ("outcome", "delivered")]);
        Assert.Equal(1, page["gateway_attempts_total", ("consumer", "m-refusing"), ("outcome", "dead")]);
        Assert.Equal(1, page["gateway_deliveries_total", ("consumer", "m-refusing"), ("outcome", "dead")]);
        Assert.Equal(2, page["gateway_deliveries_total", ("consumer", "m-flaky"), ("outcome", "delivered")]);
        Assert.Equal(2, page["gateway_delivery_lag_seconds_count", ("consumer", "m-flaky")]);
        Assert.Null(page["gateway_delivery_lag_seconds_count", ("consumer", "m-refusing")]);
    }

    [Fact]
    public async Task A_secret_keeps_its_count_of_days_when_a_rotation_moves_it()
    {
        using var folder = new TemporaryFolder();
        var next = folder.Write("next", "the secret to come");
        await using var gateway = await GatewayHost.StartAsync(Rotating("\"env:ANGO_WEBHOOK_SECRET\""));
        (string, string) source = ("source", "rotating"), first = ("secret", "0"), second = ("secret", "1");
        Assert.Null((await MetricsPage.ReadAsync(gateway.Admin))["gateway_secret_last_used_seconds", source, first]);

        await gateway.PostAsync(AngoPayload.Of());
        var used = await gateway.WaitForMetricAsync(found => found is not null, "there", "gateway_secret_last_used_seconds", source, first);
        await gateway.RewriteAsync(Rotating($"\"file:{next}\", \"env:ANGO_WEBHOOK_SECRET\""));
        var moved = await gateway.WaitForMetricAsync(found => found is not null, "there", "gateway_secret_last_used_seconds", source, second);
        using var signed = SignedWebhook.Of(AngoPayload.Of(task: "second"), secret: "the secret to come");
        using var answer = await gateway.Public.SendAsync(signed);

        Assert.Equal(used["gateway_secret_last_used_seconds", source, first], moved["gateway_secret_last_used_seconds", source, second]);
        Assert.Null(moved["gateway_secret_last_used_seconds", source, first]);
        Assert.Equal(0, moved["gateway_webhooks_verified_total", source, second]);
        await gateway.WaitForMetricAsync(2, "gateway_webhooks_verified_total", source, first);
        await gateway.WaitForMetricAsync(found => found is not null, "there", "gateway_secret_last_used_seconds", source, first);
    }

    private static string Rotating(string secrets) => $$"""
        { "sources": { "rotating": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": [{{secrets}}] } } } }
        """;

    private static string Config(string source, string consumer, string url) => $$"""
        {
          "sources": { "{{source}}": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] } } },
          "consumers": { "{{consumer}}": { "url": "{{url}}" } },
          "retention": { "keys": "3650.00:00:00" },
          "routes": [ { "match": { "stage": "Review" }, "to": ["{{consumer}}"] } ]
        }
        """;
}
