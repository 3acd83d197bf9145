using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>What follows when a consumer does not take its delivery.</summary>
public sealed class RetryTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_failing_consumer_is_tried_again_under_the_same_delivery_id()
    {
        using var consumer = FakeConsumer.Start();
        consumer.AnswersInTurn(500, 503, 200);
        await using var gateway = await StartAsync(consumer);

        await gateway.PostAsync(AngoPayload.Of());

        await consumer.WaitForAsync(3, Soon);
        Assert.Equal(["1", "2", "3"], consumer.Received.Select(got => got.Headers["X-Gateway-Attempt"]));
        Assert.Single(consumer.Received.Select(got => got.Headers["X-Gateway-Delivery-Id"]).Distinct());
        Assert.All(consumer.Received, got => Assert.Equal(AngoPayload.Of(), got.Body));
    }

    [Theory]
    [InlineData(410)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task A_permanent_refusal_is_a_dead_letter_and_a_duplicate_from_the_sender_revives_it(int refusal)
    {
        using var consumer = FakeConsumer.Start();
        using var other = FakeConsumer.Start();
        consumer.AnswersInTurn(refusal, 200);
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}" }, "audit": { "url": "{{other.Url}}" } },
              "routes": [ { "match": {}, "to": ["training", "audit"] } ]
            }
            """);
        var payload = AngoPayload.Of();

        await gateway.PostAsync(payload);
        await gateway.WaitForLogAsync("Attempt Dead", Soon);
        await gateway.WaitForLogAsync("Attempt Delivered", Soon);
        var repeat = await gateway.PostAsync(payload);

        Assert.Equal(HttpStatusCode.OK, repeat.Status);
        await consumer.WaitForAsync(2, Soon);
        Assert.Equal("2", consumer.Received[1].Headers["X-Gateway-Attempt"]);
        Assert.Single(other.Received);
    }

    [Fact]
    public async Task A_delivery_older_than_its_maximum_age_is_a_dead_letter()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Answers(500);
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}",
                "delivery": { "retry": { "firstDelay": "00:00:00.100", "maxDelay": "00:00:00.100", "maxAge": "00:00:03" } } } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """);

        await gateway.PostAsync(AngoPayload.Of());

        await gateway.WaitForLogAsync("Attempt Dead", Soon);
        Assert.InRange(consumer.Received.Count, 2, 31);
    }

    [Fact]
    public async Task A_dead_consumer_costs_its_neighbour_nothing()
    {
        using var healthy = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "dead": { "url": "http://127.0.0.1:9" }, "healthy": { "url": "{{healthy.Url}}" } },
              "routes": [ { "match": {}, "to": ["dead", "healthy"] } ]
            }
            """);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => gateway.PostAsync(AngoPayload.Of(task: $"t{i}"))));

        await healthy.WaitForAsync(100, Soon);
    }

    private static Task<GatewayHost> StartAsync(FakeConsumer consumer) => GatewayHost.StartAsync($$"""
        {
          "consumers": { "training": { "url": "{{consumer.Url}}",
            "delivery": { "retry": { "firstDelay": "00:00:00.050", "maxDelay": "00:00:01" } } } },
          "routes": [ { "match": {}, "to": ["training"] } ]
        }
        """);
}
