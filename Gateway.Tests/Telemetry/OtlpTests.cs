using AngoGateway.Tests.Support;
using Opentelemetry.Proto.Logs.V1;
using Opentelemetry.Proto.Metrics.V1;
using Opentelemetry.Proto.Trace.V1;

namespace AngoGateway.Tests.Telemetry;

/// <summary>What a real gateway process puts on the wire, read with OTLP's own protocol files.</summary>
public sealed class OtlpTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task One_webhook_to_two_consumers_is_told_in_spans_metrics_and_logs(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var training = FakeConsumer.Start();
        using var qa = FakeConsumer.Start().AnswersInTurn(503, 503, 200);
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", GatewayHost.Complete($$"""
            {
              "consumers": {
                "training": { "url": "{{training.Url}}/ango" },
                "qa": { "url": "{{qa.Url}}/ango", "delivery": { "retry": { "firstDelay": "00:00:00.100", "maxDelay": "00:00:00.200" } } }
              },
              "routes": [{ "match": {}, "to": ["training", "qa"] }]
            }
            """));
        await using (var gateway = await GatewayProcess.StartAsync(
            config,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? receiver.GrpcUrl : receiver.HttpUrl),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
            ("OTEL_SERVICE_NAME", protocol == "grpc" ? "" : "edge"),
            ("Logging__LogLevel__AngoGateway", "Information")))
        {
            await gateway.Public.PostAsync(AngoPayload.Of());
            await training.WaitForAsync(1);
            await qa.WaitForAsync(3);
            // The end exports what has gathered: no test waits for an interval.
            await gateway.TerminateAsync();
        }

        var name = protocol == "grpc" ? "ango-gateway" : "edge";
        Assert.Empty(receiver.Faults);
        Assert.All(receiver.Spans, span => AssertGateway(span.Resource, name));
        Assert.All(receiver.MetricExports, metric => AssertGateway(metric.Resource, name));
        Assert.All(receiver.LogRecords, record => AssertGateway(record.Resource, name));
        AssertTree([.. receiver.Spans.Select(span => span.Item)], training, qa);
        AssertMetrics([.. receiver.MetricExports.Select(metric => metric.Item)]);
        AssertLogs([.. receiver.LogRecords.Select(record => record.Item)], [.. receiver.Spans.Select(span => span.Item)]);
    }

    private static void AssertGateway(Opentelemetry.Proto.Resource.V1.Resource? resource, string name)
    {
        Assert.Equal(name, resource?.Attributes.Get("service.name"));
        Assert.False(string.IsNullOrEmpty(resource?.Attributes.Get("service.version")));
        Assert.Equal("test", resource?.Attributes.Get("deployment.environment.name"));
    }

    private static void AssertTree(Span[] spans, FakeConsumer training, FakeConsumer qa)
    {
        var server = Assert.Single(spans, IsWebhook);
        Assert.Equal("POST /hooks/ango", server.Name);
        Assert.True(server.ParentSpanId.IsEmpty);
        Assert.Equal("202", server.Attributes.Get("http.response.status_code"));
        Assert.Equal(["commit", "route", "verify"], Children(spans, server).Select(span => span.Name).Order(StringComparer.Ordinal));

        // First attempts belong to the webhook's trace.
        var commit = Children(spans, server).Single(span => span.Name == "commit");
        var first = Children(spans, commit);
        Assert.Equal(["deliver qa", "deliver training"], first.Select(span => span.Name).Order(StringComparer.Ordinal));
        AssertAttempt(spans, first.Single(span => span.Name == "deliver training"), training.Received[0]);
        AssertAttempt(spans, first.Single(span => span.Name == "deliver qa"), qa.Received[0]);

        // Later ones begin traces of their own, linked to it.
        var later = spans.Where(span => span.Kind == Span.Types.SpanKind.Consumer).Except(first)
            .OrderBy(span => span.StartTimeUnixNano).ToArray();
        Assert.Equal(["2", "3"], later.Select(span => span.Attributes.Get("gateway.attempt")));
        Assert.All(later, attempt =>
        {
            Assert.Equal("deliver qa", attempt.Name);
            Assert.True(attempt.ParentSpanId.IsEmpty);
            Assert.NotEqual(server.TraceId, attempt.TraceId);
            var link = Assert.Single(attempt.Links);
            Assert.Equal((commit.TraceId, commit.SpanId), (link.TraceId, link.SpanId));
        });
        Assert.Equal(later.Length, later.Select(attempt => attempt.TraceId).Distinct().Count());
        AssertAttempt(spans, later[0], qa.Received[1]);
        AssertAttempt(spans, later[1], qa.Received[2]);
        Assert.Equal(Status.Types.StatusCode.Error, later[0].Status.Code);
        Assert.NotEqual(Status.Types.StatusCode.Error, later[1].Status?.Code);
    }

    // deliver → proxy.forwarder → POST, and the consumer was told of the last.
    private static void AssertAttempt(Span[] spans, Span attempt, ReceivedRequest received)
    {
        var forwarder = Assert.Single(Children(spans, attempt));
        var client = Assert.Single(Children(spans, forwarder));
        Assert.Equal((Span.Types.SpanKind.Client, "POST"), (client.Kind, client.Name));
        Assert.Equal(received.Headers["X-Gateway-Delivery-Id"], attempt.Attributes.Get("gateway.delivery.id"));
        Assert.StartsWith($"00-{client.TraceId.Hex()}-{client.SpanId.Hex()}-", received.Headers["traceparent"], StringComparison.Ordinal);
    }

    private static void AssertMetrics(Metric[] exports)
    {
        var webhooks = exports.Last(metric => metric.Name == "gateway.webhooks");
        Assert.Equal("{request}", webhooks.Unit);
        Assert.True(webhooks.Sum.IsMonotonic);
        Assert.Contains(webhooks.Sum.DataPoints, point => point.Attributes.Get("outcome") == "accepted" && point.AsInt == 1);
        var attempts = exports.Last(metric => metric.Name == "gateway.attempts");
        Assert.Equal(2, attempts.Sum.DataPoints.Single(point => point.Attributes.Get("outcome") == "retry").AsInt);
        var duration = exports.Last(metric => metric.Name == "gateway.webhook.duration");
        Assert.Equal("s", duration.Unit);
        Assert.Equal(1ul, Assert.Single(duration.Histogram.DataPoints).Count);
        Assert.Contains(exports, metric => metric is { Name: "gateway.deliveries.pending", Unit: "{delivery}", DataCase: Metric.DataOneofCase.Gauge });
    }

    private static void AssertLogs(LogRecord[] records, Span[] spans)
    {
        var webhook = Assert.Single(records, record => record.Attributes.Get("Source") == "ango" && record.Attributes.Get("Routes") is not null);
        var server = spans.Single(IsWebhook);
        Assert.Equal((server.TraceId, server.SpanId), (webhook.TraceId, webhook.SpanId));

        var attempts = records.Where(record => record.Attributes.Get("Attempt") is not null).ToArray();
        Assert.Equal(4, attempts.Length);
        Assert.Equal(
            spans.Where(span => span.Kind == Span.Types.SpanKind.Consumer).Select(span => span.SpanId.Hex()).Order(StringComparer.Ordinal),
            attempts.Select(record => record.SpanId.Hex()).Order(StringComparer.Ordinal));
    }

    // YARP's spans are of kind server too.
    private static bool IsWebhook(Span span) => span is { Kind: Span.Types.SpanKind.Server, Name: not "proxy.forwarder" };

    private static Span[] Children(Span[] spans, Span parent) =>
        [.. spans.Where(span => span.ParentSpanId == parent.SpanId && span.TraceId == parent.TraceId)];
}
