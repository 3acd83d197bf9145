using System.Net;
using AngoGateway.Tests.Forwarding;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>What a lane does when its consumer is down, slow or limited, or an operator wants quiet; and that its neighbours do not notice.</summary>
public sealed class LaneTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Ten_failures_open_the_circuit_and_what_waits_uses_up_no_attempt_until_a_probe_succeeds()
    {
        // Ten in a row, three that were out meanwhile, and probes while the test was slow.
        const int MostFailed = 16;
        using var consumer = FakeConsumer.Start();
        consumer.Answers(503);
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 4"));

        var ids = await PostAsync(gateway, 40);
        await gateway.WaitForLogAsync("Circuit opened", Soon);
        await Eventually.TrueAsync(() => gateway.Journal.Lane("training").OpenSince is not null, Soon, () => "a lane shown as open");
        consumer.Answers(200);
        await consumer.WaitForEventsAsync(ids, Soon);

        await Eventually.TrueAsync(() => gateway.Journal.Lane("training").OpenSince is null, Soon, () => "a closed circuit");
        var failed = consumer.Received.Where(got => got.Headers["X-Gateway-Attempt"] == "1").Select(Event).Take(MostFailed).ToHashSet();
        Assert.All(
            consumer.Received.Where(got => !failed.Contains(Event(got))),
            got => Assert.Equal("1", got.Headers["X-Gateway-Attempt"]));
        Assert.InRange(consumer.Received.Count, 40, 40 + MostFailed);
    }

    [Fact]
    public async Task An_open_circuit_is_remembered_over_a_restart_and_begins_with_one_probe()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Answers(503);
        using var folder = new TemporaryFolder();
        await using (var first = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 4"), folder.Path))
        {
            await PostAsync(first, 20);
            await first.WaitForLogAsync("Circuit opened", Soon);
            await Eventually.TrueAsync(() => first.Journal.Lane("training").OpenSince is not null, Soon, () => "a lane shown as open");
        }

        consumer.Holds();
        var seen = consumer.Received.Count;
        await using var second = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 4, \"timeout\": \"00:00:08\""), folder.Path);
        await consumer.WaitForAsync(seen + 1, Soon);
        await PostAsync(second, 20, "later");

        Assert.NotNull(second.Journal.Lane("training").OpenSince);
        Assert.Equal(seen + 1, consumer.Received.Count);
    }

    [Fact]
    public async Task A_circuit_that_another_gateway_opened_or_closed_is_taken_over_and_not_written_back()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 4"));
        var since = TimeProvider.System.GetUtcNow();

        await gateway.Journal.SetOpenAsync("training", since, default);
        await gateway.WaitForLogAsync("Circuit open consumer=training: another gateway", Soon);
        Assert.NotNull(gateway.Journal.Lane("training").OpenSince);

        await gateway.Journal.SetOpenAsync("training", null, default);
        await gateway.WaitForLogAsync("Circuit closed consumer=training: another gateway", Soon);
        Assert.Null(gateway.Journal.Lane("training").OpenSince);
        await consumer.WaitForEventsAsync(await PostAsync(gateway, 4), Soon);
    }

    [Fact]
    public async Task A_paused_lane_keeps_its_events_until_it_is_resumed_and_its_neighbour_goes_on()
    {
        using var consumer = FakeConsumer.Start();
        using var neighbour = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 4", neighbour));
        await gateway.Journal.SetPausedAsync("training", TimeProvider.System.GetUtcNow(), default);

        var ids = await PostAsync(gateway, 30);
        await neighbour.WaitForEventsAsync(ids, Soon);
        Assert.Empty(consumer.Received);
        await gateway.Journal.SetPausedAsync("training", null, default);

        await consumer.WaitForEventsAsync(ids, Soon);
        Assert.Equal(30, consumer.Received.Count);
    }

    [Fact]
    public async Task A_rate_limit_is_respected_and_everything_arrives()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(
            Config(consumer, """ "rateLimit": { "permits": 5, "window": "00:00:00.400" } """));
        var began = TimeProvider.System.GetTimestamp();

        await PostAsync(gateway, 20);
        await consumer.WaitForAsync(20, Soon);

        // Five at once, and three windows for the others.
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(1200));
        Assert.Equal(20, consumer.Received.Count);
    }

    [Fact]
    public async Task An_answer_429_holds_the_whole_lane_for_its_Retry_After_within_the_longest_delay()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Answers(429, headers: ("Retry-After", "3600"));
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, """ "retry": { "firstDelay": "00:00:00.500", "maxDelay": "00:00:02" } """));
        var began = TimeProvider.System.GetTimestamp();
        await PostAsync(gateway, 1);
        await gateway.WaitForLogAsync("Attempt Retry", Soon);
        consumer.Answers(200);

        await PostAsync(gateway, 1, "other");
        await consumer.WaitForAsync(2, Soon);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 2, 25);
    }

    [Fact]
    public async Task A_consumer_that_never_answers_costs_its_neighbour_nothing_and_is_left_alone_after_ten_timeouts()
    {
        await using var hole = RawServer.BlackHole();
        using var healthy = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": { "hole": { "url": "{{hole.Url}}", "delivery": { "timeout": "00:00:01" } }, "healthy": { "url": "{{healthy.Url}}" } },
              "routes": [ { "match": {}, "to": ["hole", "healthy"] } ]
            }
            """);

        var ids = await PostAsync(gateway, 200);
        await healthy.WaitForEventsAsync(ids, Soon);
        await gateway.WaitForLogAsync("Circuit opened", Soon);
        await healthy.WaitForEventsAsync(await PostAsync(gateway, 50, "later"), Soon);

        Assert.Equal(250, healthy.Received.Count);
        Assert.InRange(hole.Connections, 10, 40);
    }

    [Fact]
    public async Task What_waits_behind_a_consumer_that_turned_slow_is_within_everybodys_reach_again()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Holds();
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, "\"concurrency\": 1"));
        await gateway.Journal.SetPausedAsync("training", TimeProvider.System.GetUtcNow(), default);
        await PostAsync(gateway, 3);
        await gateway.Journal.SetPausedAsync("training", null, default);
        await consumer.WaitForAsync(1, Soon);

        // The lane has claimed all three, and only one is on its way.
        var reached = 0;
        await Eventually.TrueAsync(
            async () => (reached += (await gateway.Journal.ClaimAsync("training", 10, inTaskOrder: false, default)).Count) == 2,
            Soon,
            () => $"two deliveries that can be claimed, not {reached}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_jumps_an_hour_neither_loses_an_event_nor_sends_one_too_often(int hours)
    {
        using var consumer = FakeConsumer.Start();
        consumer.AnswersInTurn(503, 503, 503, 200);
        var clock = new JumpingClock(TimeProvider.System);
        await using var gateway = await GatewayHost.StartAsync(
            Config(consumer, """ "concurrency": 1, "retry": { "firstDelay": "00:00:01", "maxDelay": "02:00:00" } """), timeProvider: clock);
        var before = await PostAsync(gateway, 3);
        await Eventually.TrueAsync(
            () => gateway.Logs.GetSnapshot().Count(line => line.Message.Contains("Attempt Retry", StringComparison.Ordinal)) == 3,
            Soon,
            () => "three retries planned");

        clock.Jump(TimeSpan.FromHours(hours));
        var after = await PostAsync(gateway, 3, "later");
        await consumer.WaitForEventsAsync(after, Soon);
        clock.Jump(TimeSpan.FromHours(-hours));

        // The last one wakes the lane; by itself it would look at the clock again within half a minute.
        await PostAsync(gateway, 1, "last");
        await consumer.WaitForAsync(10, Soon);
        Assert.Equal(10, consumer.Received.Count);
        Assert.All(consumer.Received.GroupBy(Event), got => Assert.Equal(before.Contains(got.Key) ? 2 : 1, got.Count()));
    }

    private static string Config(FakeConsumer consumer, string delivery, FakeConsumer? neighbour = null) => $$"""
        {
          "consumers": {
            "training": { "url": "{{consumer.Url}}", "delivery": { {{delivery}} } }
            {{(neighbour is null ? "" : $", \"neighbour\": {{ \"url\": \"{neighbour.Url}\" }}")}}
          },
          "routes": [ { "match": {}, "to": ["training"{{(neighbour is null ? "" : ", \"neighbour\"")}}] } ]
        }
        """;

    private static async Task<string[]> PostAsync(GatewayHost gateway, int count, string name = "task")
    {
        var receipts = await Task.WhenAll(Enumerable.Range(0, count).Select(i => gateway.PostAsync(AngoPayload.Of(task: $"{name}-{i}"))));
        Assert.All(receipts, receipt => Assert.Equal(HttpStatusCode.Accepted, receipt.Status));
        return [.. receipts.Select(receipt => $"{receipt.EventId:D}")];
    }

    private static string Event(ReceivedRequest got) => got.Headers["X-Gateway-Event-Id"];
}
