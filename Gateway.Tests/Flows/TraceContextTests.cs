using System.Diagnostics;
using AngoGateway.Tests.Support;
using OpenTelemetry.Trace;

namespace AngoGateway.Tests.Flows;

/// <summary>What the trace context of a request does to the trace of its webhook, and what of it reaches the consumer.</summary>
[Collection(nameof(TraceCollection))]
public sealed class TraceContextTests : IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string SpanId = "b7ad6b7169203331";
    private const string Sampled = $"00-{TraceId}-{SpanId}-01";
    private const string NotSampled = $"00-{TraceId}-{SpanId}-00";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly FakeConsumer _consumer = FakeConsumer.Start();

    public void Dispose() => _consumer.Dispose();

    [Fact]
    public async Task A_senders_context_is_linked_and_never_the_parent()
    {
        using var spans = new ExportedSpans();
        await using var gateway = await StartAsync(trusting: false);

        var webhook = await spans.WebhookAsync(await PostAsync(gateway, Sampled, "vendor=1"));

        Assert.Equal(default, webhook.ParentSpanId);
        Assert.NotEqual(TraceId, webhook.TraceId.ToString());
        Assert.Null(webhook.TraceStateString);
        Assert.Equal([("sender", ActivityTraceId.CreateFromString(TraceId), ActivitySpanId.CreateFromString(SpanId))], ExportedSpans.Links(webhook));
        Assert.Null(Assert.Single(webhook.Links).Context.TraceState);
        Assert.Empty(webhook.Baggage);
        var got = Assert.Single(await _consumer.WaitForAsync(1, Soon));
        Assert.StartsWith($"00-{webhook.TraceId}-", got.Headers["traceparent"], StringComparison.Ordinal);
        Assert.Empty(got.Headers.Keys.Intersect(["tracestate", "baggage", "Correlation-Context"], StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_trusted_senders_trace_goes_on_to_the_consumer_with_its_state_and_over_a_retry()
    {
        using var spans = new ExportedSpans();
        _consumer.AnswersInTurn(500, 200);
        await using var gateway = await StartAsync(trusting: true);

        var id = await PostAsync(gateway, Sampled, "vendor=1,other=2");
        var webhook = await spans.WebhookAsync(id);
        var attempts = await spans.AttemptsAsync(id, 2);

        Assert.Equal((TraceId, SpanId), (webhook.TraceId.ToString(), webhook.ParentSpanId.ToString()));
        Assert.Empty(webhook.Links);
        Assert.Empty(webhook.Baggage);
        Assert.StartsWith($"00-{TraceId}-", _consumer.Received[0].Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal("vendor=1,other=2", _consumer.Received[0].Headers["tracestate"]);
        Assert.DoesNotContain(TraceId, _consumer.Received[1].Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal(TraceId, Assert.Single(attempts[1].Links).Context.TraceId.ToString());
        Assert.All(_consumer.Received, got => Assert.False(got.Headers.ContainsKey("baggage")));
    }

    [Theory]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task A_broken_context_is_as_none(string traceParent)
    {
        using var spans = new ExportedSpans();
        await using var gateway = await StartAsync(trusting: true);

        var webhook = await spans.WebhookAsync(await PostAsync(gateway, traceParent, "vendor=1"));

        Assert.Equal(default, webhook.ParentSpanId);
        Assert.Empty(webhook.Links);
        Assert.False(Assert.Single(await _consumer.WaitForAsync(1, Soon)).Headers.ContainsKey("tracestate"));
    }

    [Theory]
    [InlineData("vendor=é")]
    [InlineData("vendor=\t1")]
    [InlineData("long")]
    public async Task A_state_that_cannot_be_sent_is_dropped_and_the_delivery_arrives(string traceState)
    {
        using var spans = new ExportedSpans();
        await using var gateway = await StartAsync(trusting: true);

        await PostAsync(gateway, Sampled, traceState == "long" ? "vendor=" + new string('v', 506) : traceState);

        var got = Assert.Single(await _consumer.WaitForAsync(1, Soon));
        Assert.StartsWith($"00-{TraceId}-", got.Headers["traceparent"], StringComparison.Ordinal);
        Assert.False(got.Headers.ContainsKey("tracestate"));
    }

    /// <summary>Ratio 0 would sample no root, ratio 1 every one: what the webhook was decides.</summary>
    [Theory]
    [InlineData(Sampled, 0.0, true)]
    [InlineData(NotSampled, 1.0, false)]
    public async Task Later_attempts_are_sampled_exactly_when_their_webhook_was(string traceParent, double ratio, bool sampled)
    {
        using var spans = new ExportedSpans(new ParentBasedSampler(new TraceIdRatioBasedSampler(ratio)));
        _consumer.AnswersInTurn(500, 500, 200);
        await using var gateway = await StartAsync(trusting: true);

        var id = await PostAsync(gateway, traceParent, null);
        await _consumer.WaitForAsync(3, Soon);
        await gateway.WaitForLogAsync("Attempt Delivered", Soon);

        Assert.All(_consumer.Received, got => Assert.EndsWith(sampled ? "-01" : "-00", got.Headers["traceparent"], StringComparison.Ordinal));
        if (sampled)
            await spans.AttemptsAsync(id, 3);
        Assert.Equal(sampled ? 3 * 3 : 0, spans.All.Count(span => span.Kind is ActivityKind.Client || span.OperationName is "deliver" or "proxy.forwarder"));
    }

    [Fact]
    public async Task Without_an_exporter_there_are_only_the_webhook_and_its_attempts_and_the_consumer_gets_a_context()
    {
        var begun = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "AngoGateway" or "Yarp.ReverseProxy",
            ActivityStarted = begun.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var gateway = await StartAsync(trusting: false);

        await PostAsync(gateway, Sampled, null);
        var got = Assert.Single(await _consumer.WaitForAsync(1, Soon));

        Assert.Equal(["POST", "deliver"], begun.Select(activity => activity.DisplayName));
        Assert.All(begun, activity => Assert.Empty(activity.TagObjects));
        Assert.All(begun, activity => Assert.Empty(activity.Links));
        Assert.StartsWith($"00-{begun[0].TraceId}-", got.Headers["traceparent"], StringComparison.Ordinal);
        Assert.EndsWith("-00", got.Headers["traceparent"], StringComparison.Ordinal);
    }

    private static async Task<Guid?> PostAsync(GatewayHost gateway, string traceParent, string? traceState)
    {
        // The sender's own client would put its activity here instead.
        using var sender = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null, RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8 });
        using var request = SignedWebhook.Of(AngoPayload.Of());
        request.RequestUri = new Uri(gateway.Public.BaseAddress!, request.RequestUri!);
        request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        request.Headers.TryAddWithoutValidation("baggage", "user=canary");
        if (traceState is not null)
            request.Headers.TryAddWithoutValidation("tracestate", traceState);
        using var response = await sender.SendAsync(request);
        return (await Receipt.ReadAsync(response)).EventId;
    }

    private Task<GatewayHost> StartAsync(bool trusting) => GatewayHost.StartAsync($$"""
        {
          "sources": { "ango": { "path": "/hooks/ango", "trustTraceContext": {{(trusting ? "true" : "false")}},
            "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] } } },
          "consumers": { "training": { "url": "{{_consumer.Url}}", "delivery": { "retry": { "firstDelay": "00:00:00.050", "maxDelay": "00:00:01" } } } },
          "routes": [ { "match": {}, "to": ["training"] } ]
        }
        """);
}
