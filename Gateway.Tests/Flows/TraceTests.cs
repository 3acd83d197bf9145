using System.Net;
using AngoGateway.Telemetry;
using AngoGateway.Tests.Operator;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>One webhook, seen end to end: which spans there are, whose children they are, what they are linked to.</summary>
[Collection(nameof(TraceCollection))]
public sealed class TraceTests : IDisposable
{
    private const string TwoConsumers = """[ { "match": {}, "to": ["training", "audit"] } ]""";

    private readonly ExportedSpans _spans = new();
    private readonly FakeConsumer _training = FakeConsumer.Start();
    private readonly FakeConsumer _audit = FakeConsumer.Start();

    public void Dispose()
    {
        _spans.Dispose();
        _training.Dispose();
        _audit.Dispose();
    }

    [Fact]
    public async Task First_attempts_are_the_webhooks_children_and_later_ones_are_linked_to_it()
    {
        _audit.AnswersInTurn(500, 503, 200);
        await using var gateway = await StartAsync(TwoConsumers);

        var receipt = await gateway.PostAsync(AngoPayload.Of());
        var attempts = await _spans.AttemptsAsync(receipt.EventId, 4);
        var webhook = await _spans.WebhookAsync(receipt.EventId);

        Assert.Equal(
            [
                "Server POST /hooks/ango",
                "  Producer commit",
                "    Consumer deliver audit !",
                "      Server proxy.forwarder",
                "        Client POST !",
                "    Consumer deliver training",
                "      Server proxy.forwarder",
                "        Client POST",
                "  Internal route",
                "  Internal verify",
            ],
            _spans.Tree(webhook));
        Assert.Equal(default, webhook.ParentSpanId);
        Assert.Empty(webhook.Links);

        var commit = Assert.Single(_spans.Trace(webhook.TraceId), span => span.DisplayName == "commit");
        var later = attempts.Where(attempt => attempt.TraceId != webhook.TraceId).ToArray();
        Assert.Equal([["Consumer deliver audit !", "  Server proxy.forwarder", "    Client POST !"], ["Consumer deliver audit", "  Server proxy.forwarder", "    Client POST"]], later.Select(_spans.Tree));
        Assert.All(later, attempt => Assert.Equal(default, attempt.ParentSpanId));
        Assert.All(later, attempt => Assert.Equal([("webhook", commit.TraceId, commit.SpanId)], ExportedSpans.Links(attempt)));
        Assert.Equal([1, 2, 3], attempts.Where(attempt => attempt.DisplayName == "deliver audit").Select(attempt => attempt.GetTagItem(Attributes.Attempt)));
        Assert.Equal(["retry", "retry", "delivered"], attempts.Where(attempt => attempt.DisplayName == "deliver audit").Select(attempt => attempt.GetTagItem(Attributes.Outcome)));
    }

    [Fact]
    public async Task Each_consumer_gets_the_context_of_the_request_that_its_attempt_made()
    {
        _audit.AnswersInTurn(500, 200);
        await using var gateway = await StartAsync(TwoConsumers);

        var receipt = await gateway.PostAsync(AngoPayload.Of());
        var attempts = await _spans.AttemptsAsync(receipt.EventId, 3);

        var sent = attempts.Select(attempt => ((string)attempt.GetTagItem(Attributes.DeliveryId)!, $"{attempt.GetTagItem(Attributes.Attempt)}", _spans.ClientOf(attempt).Id!));
        var received = _training.Received.Concat(_audit.Received)
            .Select(got => (got.Headers["X-Gateway-Delivery-Id"], got.Headers["X-Gateway-Attempt"], got.Headers["traceparent"]));
        Assert.Equal(sent.Order(), received.Order());
    }

    [Fact]
    public async Task An_attempt_after_a_restart_is_linked_to_the_webhook_of_the_life_before()
    {
        _audit.Answers(500);
        const string route = """[ { "match": {}, "to": ["audit"] } ]""";
        using var folder = new TemporaryFolder();
        Guid? id;
        await using (var gateway = await StartAsync(route, folder.Path, firstDelay: "00:00:02"))
        {
            id = (await gateway.PostAsync(AngoPayload.Of())).EventId;
            await _spans.AttemptsAsync(id, 1);
        }

        _audit.Answers(200);
        await using var again = await StartAsync(route, folder.Path, firstDelay: "00:00:02");
        var attempts = await _spans.AttemptsAsync(id, 2);

        var commit = Assert.Single(_spans.Of(id), span => span.DisplayName == "commit");
        Assert.Equal(commit.SpanId, attempts[0].ParentSpanId);
        Assert.NotEqual(commit.TraceId, attempts[1].TraceId);
        Assert.Equal([("webhook", commit.TraceId, commit.SpanId)], ExportedSpans.Links(attempts[1]));
        Assert.Equal(2, attempts[1].GetTagItem(Attributes.Attempt));
    }

    [Fact]
    public async Task A_first_attempt_after_a_restart_is_still_the_webhooks_child()
    {
        const string route = """[ { "match": {}, "to": ["audit"] } ]""";
        using var folder = new TemporaryFolder();
        Guid? id;
        await using (var gateway = await StartAsync(route, folder.Path))
        {
            await gateway.Admin.PostJsonAsync("/api/consumers/audit/pause", "{}");
            id = (await gateway.PostAsync(AngoPayload.Of())).EventId;
        }

        using var awake = FakeConsumer.Start();
        await using var again = await GatewayHost.StartAsync(
            $$"""{ "consumers": { "audit": { "url": "{{awake.Url}}" } }, "routes": {{route}} }""", folder.Path);
        await again.Admin.PostJsonAsync("/api/consumers/audit/resume", "{}");
        var attempt = Assert.Single(await _spans.AttemptsAsync(id, 1));

        Assert.Equal(Assert.Single(_spans.Of(id), span => span.DisplayName == "commit").SpanId, attempt.ParentSpanId);
        Assert.Empty(attempt.Links);
    }

    [Fact]
    public async Task A_replay_is_a_trace_of_its_own_linked_to_the_webhook()
    {
        _audit.AnswersInTurn(410, 200);
        await using var gateway = await StartAsync("""[ { "match": {}, "to": ["audit"] } ]""");
        var id = (await gateway.PostAsync(AngoPayload.Of())).EventId;
        await gateway.WaitForCountAsync("state=dead", 1);

        await gateway.ReplayAsync("""{ "filter": { "consumer": "audit", "state": "dead" } }""");
        var attempts = await _spans.AttemptsAsync(id, 2);

        var commit = Assert.Single(_spans.Of(id), span => span.DisplayName == "commit");
        Assert.Equal(("dead", $"{id}.audit"), (attempts[0].GetTagItem(Attributes.Outcome), attempts[0].GetTagItem(Attributes.MessageId)));
        Assert.Equal(($"{id}.audit.1", 1), (attempts[1].GetTagItem(Attributes.MessageId), attempts[1].GetTagItem(Attributes.Attempt)));
        Assert.Equal(default, attempts[1].ParentSpanId);
        Assert.Equal([("webhook", commit.TraceId, commit.SpanId)], ExportedSpans.Links(attempts[1]));
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("proxy")]
    public async Task A_duplicate_is_linked_to_the_webhook_that_it_repeats(string mode)
    {
        await using var gateway = await StartAsync($$"""[ { "match": {}, "to": ["training"], "mode": "{{mode}}" } ]""");
        var payload = AngoPayload.Of();
        await gateway.PostAsync(payload);

        var id = (await gateway.PostAsync(payload)).EventId;
        var duplicate = await _spans.WebhookAsync(id, "duplicate");

        var commit = Assert.Single(_spans.Of(id), span => span.DisplayName == "commit" && span.TraceId != duplicate.TraceId);
        Assert.Equal([("repeated", commit.TraceId, commit.SpanId)], ExportedSpans.Links(duplicate));
        Assert.Equal(200, duplicate.GetTagItem(Attributes.ResponseStatus));
    }

    [Fact]
    public async Task A_tasks_webhook_is_linked_to_the_one_before_it_of_the_same_task()
    {
        await using var gateway = await StartAsync("[]");
        var label = await gateway.PostAsync(AngoPayload.Of(task: "one", stage: "Label"));
        await gateway.PostAsync(AngoPayload.Of(task: "two", stage: "Label"));
        await gateway.PostAsync(AngoPayload.Of(task: "one", stage: "Label", project: "another"));

        var review = await _spans.WebhookAsync((await gateway.PostAsync(AngoPayload.Of(task: "one"))).EventId);

        var before = Assert.Single(_spans.Of(label.EventId), span => span.DisplayName == "commit");
        Assert.Equal([("previous", before.TraceId, before.SpanId)], ExportedSpans.Links(review));
        Assert.Empty((await _spans.WebhookAsync(label.EventId)).Links);
    }

    [Fact]
    public async Task In_proxy_mode_the_consumers_answer_and_the_commit_lie_within_the_request()
    {
        await using var gateway = await StartAsync("""[ { "match": {}, "to": ["training"], "mode": "proxy" }, { "match": {}, "to": ["audit"] } ]""");

        var receipt = await gateway.PostAsync(AngoPayload.Of());
        var id = Guid.Parse(Assert.Single(_training.Received).Headers["X-Gateway-Event-Id"]);
        await _spans.AttemptsAsync(id, 2);
        var webhook = await _spans.WebhookAsync(id, "relayed");

        Assert.Equal(HttpStatusCode.OK, receipt.Status);
        Assert.Equal(
            [
                "Server POST /hooks/ango",
                "  Consumer deliver training",
                "    Server proxy.forwarder",
                "      Client POST",
                "      Producer commit",
                "        Consumer deliver audit",
                "          Server proxy.forwarder",
                "            Client POST",
                "  Internal route",
                "  Internal verify",
            ],
            _spans.Tree(webhook));
    }

    private Task<GatewayHost> StartAsync(string routes, string? folder = null, string firstDelay = "00:00:00.050") => GatewayHost.StartAsync(
        $$"""
        {
          "consumers": {
            "training": { "url": "{{_training.Url}}" },
            "audit": { "url": "{{_audit.Url}}", "delivery": { "retry": { "firstDelay": "{{firstDelay}}", "maxDelay": "00:00:02" } } }
          },
          "routes": {{routes}}
        }
        """,
        folder);
}
