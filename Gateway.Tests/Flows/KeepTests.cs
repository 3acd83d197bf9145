using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>What is accepted but not delivered by itself, and what survives a restart.</summary>
public sealed class KeepTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_event_that_no_route_wants_is_kept_and_its_repeat_is_a_duplicate()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}" } },
              "routes": [ { "match": { "stage": "Complete" }, "to": ["training"] } ]
            }
            """);

        var receipt = await gateway.PostAsync(AngoPayload.Of(stage: "Label"));
        var again = await gateway.PostAsync(AngoPayload.Of(stage: "Label"));

        Assert.Equal(HttpStatusCode.Accepted, receipt.Status);
        Assert.Equal((HttpStatusCode.OK, receipt.EventId), (again.Status, again.EventId));
        await gateway.PostAsync(AngoPayload.Of(stage: "Complete"));
        await consumer.WaitForAsync(1, Soon);
        Assert.Single(consumer.Received);
    }

    [Fact]
    public async Task An_event_older_than_the_memory_of_keys_is_quarantined()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "retention": { "events": "1.00:00:00", "keys": "30.00:00:00" },
              "consumers": { "training": { "url": "{{consumer.Url}}" } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """);
        var fresh = AngoPayload.Of(task: "fresh", updatedAt: TimeProvider.System.GetUtcNow().ToString("O"));

        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync(AngoPayload.Of(task: "old", updatedAt: "2023-10-04T07:12:44.120Z"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync(fresh)).Status);

        await consumer.WaitForAsync(1, Soon);
        Assert.Equal(fresh, Assert.Single(consumer.Received).Body);
        Assert.Contains(gateway.Logs.GetSnapshot(), line => line.Message.Contains("disposition=Quarantined", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_payload_without_task_or_time_is_keyed_by_its_bytes()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}" } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """);

        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync("{\"a\":1}"u8.ToArray())).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync("{\"a\":2}"u8.ToArray())).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync("{\"a\":1}"u8.ToArray())).Status);
        await consumer.WaitForAsync(2, Soon);
    }

    [Fact]
    public async Task Undelivered_work_is_picked_up_after_a_restart_and_keys_are_remembered()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Answers(503);
        var folder = Directory.CreateTempSubdirectory("ango-gateway-test-").FullName;
        var config = $$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}", "delivery": { "retry": { "firstDelay": "00:00:01" } } } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """;
        try
        {
            var payload = AngoPayload.Of();
            Guid? id;
            await using (var first = await GatewayHost.StartAsync(config, folder))
            {
                id = (await first.PostAsync(payload)).EventId;
                await consumer.WaitForAsync(1, Soon);
            }

            consumer.Answers(200);
            var seen = consumer.Received.Count;
            await using var second = await GatewayHost.StartAsync(config, folder);
            await consumer.WaitForAsync(seen + 1, Soon);

            Assert.Equal(payload, consumer.Received[^1].Body);
            Assert.Equal(consumer.Received[0].Headers["X-Gateway-Delivery-Id"], consumer.Received[^1].Headers["X-Gateway-Delivery-Id"]);
            Assert.Equal("2", consumer.Received[^1].Headers["X-Gateway-Attempt"]);
            var repeat = await second.PostAsync(payload);
            Assert.Equal((HttpStatusCode.OK, id), (repeat.Status, repeat.EventId));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
