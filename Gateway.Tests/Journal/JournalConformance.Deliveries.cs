using AngoGateway.Envelopes;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Journal;

/// <summary>Claiming, settling, reviving, waking.</summary>
public abstract partial class JournalConformance
{
    [Fact]
    public async Task A_delivery_that_a_proxy_route_has_done_is_not_handed_out()
    {
        var attempt = Failed() with { Status = 200, Error = null };
        await Journal.AppendAsync(Event(1), Payload.Of(Bytes), [new("proxied", attempt), new("queued")], default);

        Assert.Empty(await Claim("proxied"));
        Assert.Single(await Claim("queued"));
    }

    [Fact]
    public async Task A_claim_takes_the_oldest_of_its_own_consumer_up_to_its_limit()
    {
        await Append(Event(1), "training", "qa");
        await Append(Event(2), "training");
        await Append(Event(3), "training");

        Assert.Equal(["t1", "t2"], Tasks(await Claim("training", limit: 2)));
        Assert.Equal(["t3"], Tasks(await Claim("training", limit: 2)));
        Assert.Empty(await Claim("training"));
        Assert.Equal(["t1"], Tasks(await Claim("qa")));
        Assert.Empty(await Claim("nobody"));
    }

    [Fact]
    public async Task Claims_at_once_never_share_a_delivery_even_while_others_settle()
    {
        for (var task = 0; task < 200; task++)
            await Append(Event(task), "training");

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var mine = new List<string>();
            while (await Claim("training", limit: 3) is { Count: > 0 } deliveries)
            {
                mine.AddRange(Tasks(deliveries));
                foreach (var delivery in deliveries)
                    Assert.True(await Journal.SettleAsync(delivery, Delivered, default));
            }

            return mine;
        })));

        Assert.Equal(200, claimed.Sum(mine => mine.Count));
        Assert.Equal(200, claimed.SelectMany(mine => mine).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(DeliveryState.Delivered)]
    [InlineData(DeliveryState.Dead)]
    [InlineData(DeliveryState.Superseded)]
    internal async Task A_settled_delivery_is_not_handed_out_again(DeliveryState state)
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        Assert.True(await Journal.SettleAsync(delivery, new Settlement(state, null, Failed()), default));

        Time.Advance(TimeSpan.FromDays(2));
        Assert.Empty(await Claim("training"));
        Assert.Null(await Journal.NextDueAsync("training", inTaskOrder: false, default));
    }

    [Fact]
    public async Task A_retry_is_handed_out_when_it_is_due_with_its_attempts_counted()
    {
        await Append(Event(1), "training");
        var queuedAt = Time.GetUtcNow();
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.FromSeconds(5)), default);

        Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.Empty(await Claim("training"));
        Time.Advance(TimeSpan.FromSeconds(0.001));
        var again = Assert.Single(await Claim("training"));

        Assert.Equal((1, queuedAt), (again.Attempts, again.QueuedAt));
    }

    [Fact]
    public async Task Fresh_deliveries_come_before_retries()
    {
        await Append(Event(1), "training");
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.Zero), default);
        await Append(Event(2), "training");

        Assert.Equal(["t2", "t1"], Tasks(await Claim("training")));
    }

    [Fact]
    public async Task A_deferred_delivery_has_used_no_attempt()
    {
        await Append(Event(1), "training");
        var deferred = new Settlement(DeliveryState.Pending, Time.GetUtcNow().AddSeconds(1), Attempt: null);

        Assert.True(await Journal.SettleAsync(Assert.Single(await Claim("training")), deferred, default));

        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, Assert.Single(await Claim("training")).Attempts);
    }

    [Fact]
    public async Task A_repeat_revives_what_died_and_only_that()
    {
        var stored = Event(1);
        await Append(stored, "dead", "delivered", "superseded", "waiting");
        await Settle("dead", DeliveryState.Dead);
        await Settle("delivered", DeliveryState.Delivered);
        await Settle("superseded", DeliveryState.Superseded);
        await Journal.SettleAsync(Assert.Single(await Claim("waiting")), Retry(TimeSpan.FromHours(1)), default);
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(new AppendResult(AppendStatus.Duplicate, stored.Id), await Append(Event(1) with { Key = stored.Key }, "dead", "delivered"));

        var revived = Assert.Single(await Claim("dead"));
        Assert.Equal((1, Time.GetUtcNow(), stored.Id), (revived.Attempts, revived.QueuedAt, revived.Event.Id));
        Assert.Empty(await Claim("delivered"));
        Assert.Empty(await Claim("superseded"));
        Assert.Empty(await Claim("waiting"));
        Assert.True(await Journal.SettleAsync(revived, new Settlement(DeliveryState.Dead, null, Failed()), default));
        await Append(Event(1) with { Key = stored.Key });
        Assert.Equal(2, Assert.Single(await Claim("dead")).Attempts);
    }

    [Fact]
    public async Task A_delivery_is_settled_once()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Journal.SettleAsync(delivery, Delivered, default).AsTask()));

        Assert.Single(results, changed => changed);
    }

    [Fact]
    public async Task Who_holds_an_earlier_attempt_changes_nothing()
    {
        await Append(Event(1), "training");
        var early = Assert.Single(await Claim("training"));
        await Journal.SettleAsync(early, Retry(TimeSpan.Zero), default);
        var later = Assert.Single(await Claim("training"));

        Assert.False(await Journal.SettleAsync(early, Delivered, default));
        Journal.Release(early);

        Assert.Empty(await Claim("training"));
        Assert.True(await Journal.SettleAsync(later, Delivered, default));
    }

    [Fact]
    public async Task A_released_delivery_is_pending_as_before_and_no_longer_the_holders()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        Journal.Release(delivery);
        Assert.False(await Journal.SettleAsync(delivery, Delivered, default));

        Assert.Equal(delivery.Id, Assert.Single(await Claim("training")).Id);
    }

    [Fact]
    public async Task The_next_due_time_is_that_of_the_first_delivery_in_nobodys_hands()
    {
        Assert.Null(await Journal.NextDueAsync("training", inTaskOrder: false, default));
        await Append(Event(1), "training");
        await Append(Event(2), "training");
        Assert.True(await Journal.NextDueAsync("training", inTaskOrder: false, default) <= Time.GetUtcNow());

        var claimed = await Claim("training");
        Assert.Null(await Journal.NextDueAsync("training", inTaskOrder: false, default));

        await Journal.SettleAsync(claimed[0], Retry(TimeSpan.FromMinutes(9)), default);
        await Journal.SettleAsync(claimed[1], Retry(TimeSpan.FromMinutes(3)), default);
        Assert.Equal(Time.GetUtcNow().AddMinutes(3), await Journal.NextDueAsync("training", inTaskOrder: false, default));
    }

    [Fact]
    public async Task Work_that_came_between_two_waits_ends_the_second_at_once()
    {
        await Append(Event(1), "training");
        await Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        var second = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        Assert.False(second.IsCompleted);
        await Append(Event(2), "training");
        await second;
    }

    [Fact]
    public async Task A_wait_ends_at_its_limit_and_for_no_other_consumers_work()
    {
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromMinutes(1), default);
        await Append(Event(1), "qa");
        Assert.False(wait.IsCompleted);

        Time.Advance(TimeSpan.FromMinutes(1));
        await wait;
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_says_so()
    {
        using var cancel = new CancellationTokenSource();
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromMinutes(1), cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task A_retry_and_a_revival_are_work()
    {
        var stored = Event(1);
        await Append(stored, "training");
        await Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        var retry = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.Zero), default);
        await retry;

        await Settle("training", DeliveryState.Dead);
        var revival = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        Assert.False(revival.IsCompleted);
        await Append(Event(1) with { Key = stored.Key });
        await revival;
    }

    [Fact]
    public async Task A_closed_journal_takes_nothing()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));
        await Journal.DisposeAsync();

        Assert.Equal(AppendStatus.Unavailable, (await Append(Event(1))).Status);
        Assert.Equal(AppendStatus.Unavailable, (await Append(Event(2))).Status);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await Journal.SettleAsync(delivery, Delivered, default));
    }
}
