using System.Text.Json;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>A consumer that wants one task's events in order, or only the newest of them.</summary>
public sealed class OrderTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_tasks_events_go_oldest_first_one_at_a_time_over_retries_and_a_restart_while_other_tasks_go_on()
    {
        using var consumer = FakeConsumer.Start();
        using var folder = new TemporaryFolder();
        var config = Config(consumer, """ "order": "task", "retry": { "firstDelay": "00:00:00.300", "maxDelay": "00:00:01" } """);
        await using (var first = await GatewayHost.StartAsync(config, folder.Path))
        {
            await PauseAsync(first);
            foreach (var second in (int[])[3, 1, 4, 2])
                await first.PostAsync(AngoPayload.Of(task: "ordered", updatedAt: At(second)));
            consumer.Answers(503);
            await ResumeAsync(first);
            await consumer.WaitForAsync(2, Soon);
        }

        var failed = consumer.Received.Count;
        consumer.AnswersInTurn(503, 200);
        await using var again = await GatewayHost.StartAsync(config, folder.Path);
        await consumer.WaitForAsync(failed + 5, Soon);

        Assert.Equal([.. Enumerable.Repeat(At(1), failed + 1), At(1), At(2), At(3), At(4)], consumer.Received.Select(UpdatedAt));
        await again.PostAsync(AngoPayload.Of(task: "other", updatedAt: At(9)));
        await consumer.WaitForAsync(failed + 6, Soon);
    }

    [Fact]
    public async Task A_task_that_waits_for_its_retry_does_not_hold_up_the_others()
    {
        using var consumer = FakeConsumer.Start();
        consumer.AnswersInTurn(503, 200);
        await using var gateway = await GatewayHost.StartAsync(Config(consumer, """ "order": "task", "retry": { "firstDelay": "01:00:00" } """));
        await gateway.PostAsync(AngoPayload.Of(task: "stuck", updatedAt: At(1)));
        await gateway.WaitForLogAsync("Attempt Retry", Soon);

        await gateway.PostAsync(AngoPayload.Of(task: "stuck", updatedAt: At(2)));
        var others = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => gateway.PostAsync(AngoPayload.Of(task: $"free-{i}"))));
        await consumer.WaitForEventsAsync([.. others.Select(other => $"{other.EventId:D}")], Soon);

        Assert.Equal(11, consumer.Received.Count);
    }

    [Fact]
    public async Task A_newer_event_of_a_task_and_stage_supersedes_what_waits_and_one_that_comes_too_late_is_let_go()
    {
        using var skips = FakeConsumer.Start();
        using var takesAll = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "consumers": {
                "training": { "url": "{{skips.Url}}", "delivery": { "superseded": "skip" } },
                "audit": { "url": "{{takesAll.Url}}" }
              },
              "routes": [ { "match": {}, "to": ["training", "audit"] } ]
            }
            """);
        await PauseAsync(gateway);
        foreach (var second in (int[])[1, 3, 2])
            await gateway.PostAsync(AngoPayload.Of(task: "t", updatedAt: At(second)));
        await gateway.PostAsync(AngoPayload.Of(task: "t", stage: "Complete", updatedAt: At(1)));
        await gateway.PostAsync(AngoPayload.Of(task: "u", updatedAt: At(1)));
        await takesAll.WaitForAsync(5, Soon);

        await ResumeAsync(gateway);
        await skips.WaitForAsync(3, Soon);
        await gateway.PostAsync(AngoPayload.Of(task: "last", updatedAt: At(9)));
        await skips.WaitForAsync(4, Soon);

        Assert.Equal([At(1), At(1), At(3), At(9)], skips.Received.Select(UpdatedAt).Order(StringComparer.Ordinal));
    }

    private static string At(int second) => $"2026-03-11T08:41:{second:00}.000Z";

    private static string? UpdatedAt(ReceivedRequest got)
    {
        using var json = JsonDocument.Parse(got.Body);
        return json.RootElement.GetProperty("task").GetProperty("updatedAt").GetString();
    }

    private static ValueTask PauseAsync(GatewayHost gateway) =>
        gateway.Journal.SetPausedAsync("training", TimeProvider.System.GetUtcNow(), default);

    private static ValueTask ResumeAsync(GatewayHost gateway) => gateway.Journal.SetPausedAsync("training", null, default);

    private static string Config(FakeConsumer consumer, string delivery) => $$"""
        {
          "consumers": { "training": { "url": "{{consumer.Url}}", "delivery": { {{delivery}} } } },
          "routes": [ { "match": {}, "to": ["training"] } ]
        }
        """;
}
