using System.Net;
using System.Security.Cryptography;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>From a signed POST to the consumers that the route table names.</summary>
public sealed class DeliverTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly FakeConsumer _training = FakeConsumer.Start();
    private readonly FakeConsumer _audit = FakeConsumer.Start();
    private GatewayHost _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayHost.StartAsync($$"""
        {
          "consumers": {
            "training": { "url": "{{_training.Url}}/ango" },
            "audit": { "url": "{{_audit.Url}}/all" }
          },
          "routes": [
            { "name": "finished", "match": { "stage": ["Review", "Complete"] }, "to": ["training", "audit"] },
            { "name": "pilots", "match": { "batch": "pilot-*" }, "to": ["audit"] }
          ]
        }
        """);

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _training.Dispose();
        _audit.Dispose();
    }

    [Fact]
    public async Task A_webhook_reaches_each_consumer_its_routes_name_once_and_byte_for_byte()
    {
        var payload = AngoPayload.Of();

        var receipt = await _gateway.PostAsync(payload);

        Assert.Equal(HttpStatusCode.Accepted, receipt.Status);
        Assert.Equal("accepted", receipt.Word);
        await Task.WhenAll(_training.WaitForAsync(1, Soon), _audit.WaitForAsync(1, Soon));
        foreach (var (consumer, path) in new[] { (_training, "/ango"), (_audit, "/all") })
        {
            var got = Assert.Single(consumer.Received);
            Assert.Equal(payload, got.Body);
            Assert.Equal(path, got.Path);
            Assert.Equal("POST", got.Method);
            Assert.Equal(SignedWebhook.Sign(payload), got.Headers["X-Hub-Signature"]);
            Assert.Equal(receipt.EventId.ToString(), got.Headers["X-Gateway-Event-Id"]);
            Assert.Equal("1", got.Headers["X-Gateway-Attempt"]);
            Assert.Equal("ango", got.Headers["X-Gateway-Source"]);
            Assert.Equal(AngoPayload.Project, got.Headers["X-Gateway-Project"]);
            Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", got.Headers["traceparent"]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Large_payloads_arrive_with_equal_hashes(bool chunked)
    {
        var video = AngoPayload.Sample("06-video-pages.json");
        var large = AngoPayload.Of(task: "large", padding: 2 * 1024 * 1024);

        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(large, chunked: chunked)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(task: "video"), chunked: chunked)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(video, chunked: chunked)).Status);

        await _audit.WaitForAsync(2, Soon);
        await _training.WaitForAsync(2, Soon);
        Assert.Contains(_audit.Received, got => SHA256.HashData(got.Body).SequenceEqual(SHA256.HashData(large)));
    }

    [Fact]
    public async Task Fifty_copies_at_once_are_one_acceptance_forty_nine_duplicates_and_one_delivery()
    {
        var payload = AngoPayload.Of(stage: "Review");

        var receipts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _gateway.PostAsync(payload)));

        Assert.Single(receipts, receipt => receipt is { Status: HttpStatusCode.Accepted, Word: "accepted" });
        Assert.Equal(49, receipts.Count(receipt => receipt is { Status: HttpStatusCode.OK, Word: "duplicate" }));
        Assert.Single(receipts.Select(receipt => receipt.EventId).Distinct());

        // A later event of the same lanes: once it is there, a second copy of the first would be there too.
        await _gateway.PostAsync(AngoPayload.Of(task: "later"));
        await _training.WaitForAsync(2, Soon);
        Assert.Single(_training.Received, got => got.Body.SequenceEqual(payload));
    }

    [Fact]
    public async Task The_same_task_at_another_stage_or_time_is_another_event()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(stage: "Review"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(stage: "Complete"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(updatedAt: "2026-03-11T08:41:17.567Z"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(AngoPayload.Of(stage: "Review"))).Status);
    }

    [Fact]
    public async Task Parts_that_concatenate_to_the_same_text_are_two_events()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(task: "ab", stage: "c"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.PostAsync(AngoPayload.Of(task: "a", stage: "bc"))).Status);
    }

    [Fact]
    public async Task Stage_text_in_headers_is_encoded_and_never_breaks_the_request()
    {
        await _gateway.PostAsync(AngoPayload.Of(task: "crlf", stage: "Review\r\nX-Evil: 1"));
        await _gateway.PostAsync(AngoPayload.Of(task: "accents", stage: "Révision – Étape 2"));

        await _audit.WaitForAsync(2, Soon);
        Assert.All(_audit.Received, got => Assert.False(got.Headers.ContainsKey("X-Evil")));
        Assert.Contains(_audit.Received, got => got.Headers["X-Gateway-Stage"] == "Review%0D%0AX-Evil:%201");
        Assert.Contains(_audit.Received, got => got.Headers["X-Gateway-Stage"] == "R%C3%A9vision%20%E2%80%93%20%C3%89tape%202");
    }
}
