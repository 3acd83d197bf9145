using System.Diagnostics;
using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>What the spans say.</summary>
[Collection(nameof(TraceCollection))]
public sealed class SpanTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly ExportedSpans _spans = new();
    private readonly FakeConsumer _consumer = FakeConsumer.Start();

    public void Dispose()
    {
        _spans.Dispose();
        _consumer.Dispose();
    }

    [Fact]
    public async Task A_webhook_and_its_delivery_are_described_by_the_conventions()
    {
        await using var gateway = await StartAsync();
        var payload = AngoPayload.Of();

        var id = (await gateway.PostAsync(payload)).EventId;
        var attempt = Assert.Single(await _spans.AttemptsAsync(id, 1));
        var webhook = await _spans.WebhookAsync(id);
        var commit = Assert.Single(_spans.Of(id), span => span.DisplayName == "commit");

        Assert.Equal(
            $"""
            ango.project.id={AngoPayload.Project}
            ango.stage=Review
            ango.task.id=66a10e530c3781407df635a8
            gateway.event.id={id}
            gateway.outcome=accepted
            gateway.source=ango
            http.request.body.size={payload.Length}
            http.request.method=POST
            http.response.status_code=202
            http.route=/hooks/ango
            network.protocol.version=1.1
            server.address=127.0.0.1
            server.port={gateway.Public.BaseAddress!.Port}
            url.path=/hooks/ango
            url.scheme=http
            """,
            Attributes(webhook));
        Assert.Equal(
            $"""
            gateway.event.id={id}
            gateway.outcome=accepted
            gateway.source=ango
            messaging.batch.message_count=1
            messaging.message.body.size={payload.Length}
            messaging.operation.name=commit
            messaging.operation.type=send
            messaging.system=ango_gateway
            """,
            Attributes(commit));
        Assert.Equal(
            $"""
            ango.project.id={AngoPayload.Project}
            ango.stage=Review
            ango.task.id=66a10e530c3781407df635a8
            gateway.attempt=1
            gateway.consumer=training
            gateway.delivery.id={id}.training
            gateway.event.id={id}
            gateway.outcome=delivered
            gateway.source=ango
            messaging.destination.name=training
            messaging.message.body.size={payload.Length}
            messaging.message.id={id}.training
            messaging.operation.name=deliver
            messaging.operation.type=process
            messaging.system=ango_gateway
            """,
            Attributes(attempt));
    }

    [Theory]
    [InlineData(503, "503", "the consumer answered 503")]
    [InlineData(302, "302", "the consumer answered 302")]
    public async Task A_failed_attempt_says_what_the_consumer_answered_and_not_in_which_words(int status, string errorType, string description)
    {
        _consumer.Answers(status, "canary-of-the-response");
        await using var gateway = await StartAsync();

        var attempt = Assert.Single(await _spans.AttemptsAsync((await gateway.PostAsync(AngoPayload.Of())).EventId, 1));

        Assert.Equal((ActivityStatusCode.Error, description), (attempt.Status, attempt.StatusDescription));
        Assert.Equal(errorType, attempt.GetTagItem("error.type"));
    }

    [Fact]
    public async Task An_attempt_that_reached_nobody_says_how_it_failed()
    {
        await using var gateway = await GatewayHost.StartAsync("""
            {
              "consumers": { "training": { "cluster": {
                "Destinations": { "a": { "Address": "http://127.0.0.1:9" } },
                "Transforms": [ { "QueryValueParameter": "token", "Set": "canary-of-the-query" } ] } } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """);

        var attempt = Assert.Single(await _spans.AttemptsAsync((await gateway.PostAsync(AngoPayload.Of())).EventId, 1));

        Assert.Equal((ActivityStatusCode.Error, "failed"), (attempt.Status, attempt.GetTagItem("error.type")));
        Assert.NotEmpty(attempt.StatusDescription!);
        Assert.Equal("http://127.0.0.1:9/?*", _spans.ClientOf(attempt).GetTagItem("url.full"));
        Assert.All(
            _spans.Trace(attempt.TraceId).SelectMany(span => span.TagObjects.Select(tag => $"{tag.Value}").Append(span.StatusDescription).Append(span.DisplayName)),
            text => Assert.DoesNotContain("canary", $"{text}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", "POST", "POST")]
    [InlineData("GET", "GET", "GET")]
    [InlineData("BREW", "HTTP", "_OTHER")]
    public async Task A_path_that_is_nobodys_is_not_written_down(string method, string name, string known)
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/canary-path?canary=1");

        using var response = await gateway.Public.SendAsync(request);
        var span = await OneAsync("no_such_source");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(name, span.DisplayName);
        Assert.Equal(
            $"""
            gateway.outcome=no_such_source
            http.request.method={known}
            http.response.status_code=404
            network.protocol.version=1.1
            url.scheme=http
            """,
            Attributes(span));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task Of_a_request_that_is_not_verified_nothing_is_told_but_that()
    {
        await using var gateway = await StartAsync();
        using var request = SignedWebhook.Of(AngoPayload.Of(), secret: "wrong");
        request.Headers.Host = "canary-host";

        using var response = await gateway.Public.SendAsync(request);
        var span = await OneAsync("not_verified");

        Assert.Equal(
            """
            gateway.outcome=not_verified
            gateway.source=ango
            http.request.method=POST
            http.response.status_code=401
            http.route=/hooks/ango
            network.protocol.version=1.1
            url.path=/hooks/ango
            url.scheme=http
            """,
            Attributes(span));
        Assert.Equal(["Server POST /hooks/ango", "  Internal verify"], _spans.Tree(span));
    }

    [Fact]
    public async Task An_answer_of_5xx_is_an_error()
    {
        await using var gateway = await StartAsync("http://127.0.0.1:9/", mode: "proxy");

        await gateway.PostAsync(AngoPayload.Of());
        var span = await OneAsync("consumer_failed");

        Assert.Equal((ActivityStatusCode.Error, "502"), (span.Status, span.GetTagItem("error.type")));
        Assert.Equal("refused", Assert.Single(_spans.Trace(span.TraceId), each => each.OperationName == "deliver").GetTagItem("gateway.outcome"));
    }

    [Fact]
    public async Task Health_probes_make_no_traces()
    {
        using var healthy = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "training": { "path": "/", "cluster": {
                "Destinations": { "a": { "Address": "{{healthy.Url}}" } },
                "HealthCheck": { "Active": { "Enabled": true, "Interval": "00:00:00.050", "Path": "/health" } } } } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """);

        var probes = await healthy.WaitForAsync(3, Soon);
        var id = (await gateway.PostAsync(AngoPayload.Of())).EventId;
        await _spans.AttemptsAsync(id, 1);

        Assert.All(probes.Take(3), probe => Assert.Equal("/health", probe.Path));
        Assert.Equal(_spans.Of(id)[0].TraceId, Assert.Single(_spans.All.Select(span => span.TraceId).Distinct()));
    }

    private static string Attributes(Activity span) =>
        string.Join(Environment.NewLine, span.TagObjects.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"));

    private async Task<Activity> OneAsync(string outcome)
    {
        bool IsIt(Activity span) => Equals(span.GetTagItem("gateway.outcome"), outcome) && span.Kind == ActivityKind.Server;
        await Eventually.TrueAsync(() => _spans.All.Any(IsIt), Soon, () => outcome);
        return _spans.All.Single(IsIt);
    }

    private Task<GatewayHost> StartAsync(string? url = null, string mode = "queue") => GatewayHost.StartAsync($$"""
        {
          "consumers": { "training": { "url": "{{url ?? _consumer.Url}}" } },
          "routes": [ { "match": {}, "to": ["training"], "mode": "{{mode}}" } ]
        }
        """);
}
