using System.Net;
using AngoGateway.Tests.Forwarding;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>Routes in proxy mode: the consumer's own response goes back to the sender.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly FakeConsumer _service = FakeConsumer.Start();
    private readonly FakeConsumer _audit = FakeConsumer.Start();
    private GatewayHost _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayHost.StartAsync($$"""
        {
          "consumers": {
            "service": { "url": "{{_service.Url}}/live", "delivery": { "timeout": "00:00:02" } },
            "nobody": { "url": "http://127.0.0.1:9/" },
            "audit": { "url": "{{_audit.Url}}/all" }
          },
          "routes": [
            { "match": { "stage": "Live" }, "to": ["service"], "mode": "proxy" },
            { "match": { "stage": "Gone" }, "to": ["nobody"], "mode": "proxy" },
            { "match": { "stage": "*" }, "to": ["audit"] }
          ]
        }
        """);

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _service.Dispose();
        _audit.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_consumers_own_response_goes_back_and_the_body_arrives_whole(bool chunked)
    {
        _service.Answers(201, "made by the service");
        var payload = AngoPayload.Of(stage: "Live", padding: 300_000);
        using var request = SignedWebhook.Of(payload, chunked: chunked);

        using var response = await _gateway.Public.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("made by the service", await response.Content.ReadAsStringAsync());
        var got = Assert.Single(_service.Received);
        Assert.Equal("/live", got.Path);
        Assert.Equal(payload, got.Body);
        await _audit.WaitForAsync(1, Soon);
    }

    [Fact]
    public async Task A_success_is_remembered_and_its_repeat_is_a_duplicate()
    {
        var payload = AngoPayload.Of(stage: "Live");

        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(payload)).Status);
        var repeat = await _gateway.PostAsync(payload);

        Assert.Equal("duplicate", repeat.Word);
        Assert.Single(_service.Received);
    }

    [Fact]
    public async Task A_duplicate_revives_the_queued_delivery_that_died()
    {
        _audit.AnswersInTurn(410, 200);
        var payload = AngoPayload.Of(stage: "Live");
        await _gateway.PostAsync(payload);
        await _gateway.WaitForLogAsync("Attempt Dead", Soon);

        Assert.Equal("duplicate", (await _gateway.PostAsync(payload)).Word);

        await _audit.WaitForAsync(2, Soon);
        Assert.Equal("2", _audit.Received[1].Headers["X-Gateway-Attempt"]);
        Assert.Single(_service.Received);
    }

    [Fact]
    public async Task A_failed_event_is_forgotten_so_that_the_sender_can_try_again()
    {
        _service.AnswersInTurn(500, 200);
        var payload = AngoPayload.Of(stage: "Live");

        Assert.Equal(HttpStatusCode.InternalServerError, (await _gateway.PostAsync(payload)).Status);
        Assert.Empty(_audit.Received);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(payload)).Status);
        Assert.Equal(2, _service.Received.Count);
        await _audit.WaitForAsync(1, Soon);
        Assert.Single(_audit.Received);
    }

    [Fact]
    public async Task Concurrent_copies_wait_for_the_first_one()
    {
        var payload = AngoPayload.Of(stage: "Live");

        var receipts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _gateway.PostAsync(payload)));

        Assert.Equal(19, receipts.Count(receipt => receipt.Word == "duplicate"));
        Assert.Single(_service.Received);
    }

    [Fact]
    public async Task A_copy_waits_for_the_success_and_not_for_the_rest_of_the_response()
    {
        await using var slow = RawServer.Says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "slow": { "url": "{{slow.Url}}" } },
              "routes": [ { "match": {}, "to": ["slow"], "mode": "proxy" } ]
            }
            """);
        var payload = AngoPayload.Of();
        using var request = SignedWebhook.Of(payload);
        using var response = await gateway.Public.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        Assert.Equal("duplicate", (await gateway.PostAsync(payload)).Word);
    }

    [Fact]
    public async Task While_its_consumer_is_paused_events_are_kept_and_delivered_when_it_is_resumed()
    {
        await _gateway.Journal.SetPausedAsync("service", TimeProvider.System.GetUtcNow(), default);
        var kept = await _gateway.PostAsync(AngoPayload.Of(stage: "Live"));
        await _audit.WaitForAsync(1, Soon);
        Assert.Equal((HttpStatusCode.Accepted, "accepted"), (kept.Status, kept.Word));
        Assert.Empty(_service.Received);

        await _gateway.Journal.SetPausedAsync("service", null, default);

        await _service.WaitForEventsAsync([kept.EventId!.Value], Soon);
    }

    [Fact]
    public async Task A_consumer_that_refuses_the_connection_is_a_502_problem()
    {
        var receipt = await _gateway.PostAsync(AngoPayload.Of(stage: "Gone"));

        Assert.Equal(HttpStatusCode.BadGateway, receipt.Status);
        Assert.NotNull(receipt.Title);
        Assert.Empty(_audit.Received);
    }

    [Fact]
    public async Task A_consumer_that_does_not_answer_in_time_is_a_504_problem()
    {
        _service.Holds();

        var receipt = await _gateway.PostAsync(AngoPayload.Of(stage: "Live"));

        Assert.Equal(HttpStatusCode.GatewayTimeout, receipt.Status);
        Assert.NotNull(receipt.Title);
    }
}
