using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

/// <summary>What an operator sees and does.</summary>
public abstract partial class JournalConformance
{
    [Fact]
    public async Task A_lanes_state_is_kept_and_wakes_it()
    {
        var state = new LaneState(PausedAt: Time.GetUtcNow());
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Journal.SetPausedAsync("training", state.PausedAt, default);
        await wait;

        Assert.Equal(state, Journal.Lane("training"));
        Assert.Equal(default, Journal.Lane("qa"));
        Assert.Equal(new ConsumerBacklog("training", 0, null, 0, state), Assert.Single(await Operations.BacklogsAsync(default)));
        await Journal.SetPausedAsync("training", null, default);
        Assert.Empty(await Operations.BacklogsAsync(default));
    }

    [Fact]
    public async Task A_pause_and_an_opening_circuit_at_the_same_moment_are_both_kept()
    {
        var now = Time.GetUtcNow();
        await Task.WhenAll(
            Journal.SetPausedAsync("training", now, default).AsTask(),
            Journal.SetOpenAsync("training", now, default).AsTask());
        Assert.Equal(new LaneState(now, now), Journal.Lane("training"));

        await Task.WhenAll(
            Journal.SetPausedAsync("training", null, default).AsTask(),
            Journal.SetOpenAsync("training", null, default).AsTask());
        Assert.Equal(default, Journal.Lane("training"));
        Assert.Empty(await Operations.BacklogsAsync(default));
    }

    [Fact]
    public async Task A_backlog_counts_what_waits_and_what_died()
    {
        var first = Time.GetUtcNow();
        await Append(Event(1), "a", "b");
        Time.Advance(TimeSpan.FromMinutes(1));
        await Append(Event(2), "a", "b");
        await Settle("b", 1, DeliveryState.Dead);
        await Settle("b", 1, DeliveryState.Delivered);

        Assert.Equal(
            [new ConsumerBacklog("a", 2, first, 0, default), new ConsumerBacklog("b", 0, null, 1, default)],
            await Operations.BacklogsAsync(default));

        await Journal.ReviveAsync((await Operations.ListAsync(new(ItemState.Dead), null, 10, default))[0].Event.Id, default);
        Assert.Equal((1L, 0L), (await Operations.BacklogsAsync(default)).Where(row => row.Consumer == "b").Select(row => (row.Pending, row.Dead)).Single());
    }

    [Fact]
    public async Task Pages_are_newest_first_and_leave_nothing_out()
    {
        for (var task = 0; task < 5; task++)
            await Append(Event(task), "a", "b");
        await Append(TestJournals.Event(Time, 9, Disposition.Unrouted));

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var page = await Operations.ListAsync(new(), after, 3, default);
            if (page.Count == 0)
                break;

            seen.AddRange(page.Select(item => $"{item.Event.Envelope.TaskId}{item.Consumer}"));
            after = page[^1].Cursor;
        }

        Assert.Equal(["t4b", "t4a", "t3b", "t3a", "t2b", "t2a", "t1b", "t1a", "t0b", "t0a"], seen);
        Assert.Equal(10, await Operations.CountAsync(new(), default));
        Assert.Equal("t9", Assert.Single(await Operations.ListAsync(new(ItemState.Unrouted), null, 10, default)).Event.Envelope.TaskId);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Operations.ListAsync(new(), "x", 3, default));
    }

    [Fact]
    public async Task Every_field_of_a_filter_counts()
    {
        var stored = Version("t1", 1) with { Source = "hub" };
        stored = stored with { Envelope = stored.Envelope with { Project = "p2", StageId = "id", StageName = "name" } };
        await Append(stored, "a");
        Time.Advance(TimeSpan.FromHours(1));
        await Append(Event(2), "b");

        foreach (var filter in new JournalFilter[]
        {
            new(Source: "hub"), new(Project: "p2"), new(Stage: "id"), new(Stage: "name"), new(Consumer: "a"), new(EventId: stored.Id),
            new(To: Time.GetUtcNow()), new(Orphaned: ["b"]), new(ItemState.Pending, Consumer: "a"),
        })
        {
            Assert.Equal(stored.Id, Assert.Single(await Operations.ListAsync(filter, null, 10, default)).Event.Id);
            Assert.Equal(1, await Operations.CountAsync(filter, default));
        }

        Assert.Equal("b", Assert.Single(await Operations.ListAsync(new(From: Time.GetUtcNow()), null, 10, default)).Consumer);
        Assert.Equal(2, await Operations.CountAsync(new(Stage: "Review"), default));
        Assert.Equal(0, await Operations.CountAsync(new(ItemState.Unrouted, Consumer: "a"), default));
    }

    [Fact]
    public async Task A_history_tells_every_delivery_and_attempt()
    {
        var stored = Event(1);
        await Append(stored, "b", "a");
        await Settle("a", 1, DeliveryState.Dead);

        var history = await Operations.ReadEventAsync(stored.Id, default);

        Assert.Equal((2, "a", "b"), (history!.Size, history.Deliveries[0].Consumer, history.Deliveries[1].Consumer));
        Assert.Equal(Failed(), Assert.Single(history.Deliveries[0].Tries));
        Assert.Equal((DateTimeOffset.UnixEpoch, (DateTimeOffset?)null), (history.Deliveries[1].DueAt, history.Deliveries[1].SettledAt));
        Assert.Null(await Operations.ReadEventAsync(Guid.Empty, default));
    }

    [Fact]
    public async Task Discarding_is_bounded_and_only_for_what_waits_or_died()
    {
        for (var task = 0; task < 4; task++)
            await Append(Event(task), "a");
        await Settle("a", 1, DeliveryState.Dead);
        await Settle("a", 1, DeliveryState.Delivered);

        Assert.Equal(0, await Operations.DiscardAsync(new(ItemState.Delivered), 10, default));
        Assert.Equal(2, await Operations.DiscardAsync(new(Consumer: "a"), 2, default));
        Assert.Equal(1, await Operations.DiscardAsync(new(Consumer: "a"), 2, default));
        Assert.Empty(await Claim("a"));
        Assert.Equal(3, await Operations.CountAsync(new(ItemState.Discarded), default));
        Assert.Equal((0L, 0L), (await Operations.BacklogsAsync(default)).Select(row => (row.Pending, row.Dead)).Single());
    }

    [Fact]
    public async Task A_replay_makes_new_deliveries_of_what_died_and_never_of_its_own()
    {
        for (var task = 0; task < 5; task++)
            await Append(Event(task), "a");
        await Settle("a", 5, DeliveryState.Dead);
        var job = await Operations.StartReplayAsync(new ReplayOrder(new JournalFilter(Consumer: "a")), default);
        await Append(Event(9), "a");
        await Settle("a", 1, DeliveryState.Dead);

        Assert.Equal(5, job.Total);
        var steps = 0;
        while (job.State == ReplayState.Running && steps++ < 10)
            job = await Operations.StepReplayAsync(job.Id, 2, _ => [], default);

        Assert.Equal((5L, 0L, ReplayState.Done), (job.Done, job.Skipped, job.State));
        var replayed = await Claim("a");
        Assert.Equal(5, replayed.Count);
        Assert.All(replayed, delivery => Assert.Equal((1, 0, Time.GetUtcNow()), (delivery.Replay, delivery.Attempts, delivery.QueuedAt)));
        Assert.Equal(5, await Operations.CountAsync(new(ItemState.Replayed), default));
        Assert.Equal(1, await Operations.CountAsync(new(ItemState.Dead), default));
        Assert.Equal(job, Assert.Single(await Operations.ReplaysAsync(default)) with { Order = job.Order });
    }

    [Fact]
    public async Task An_unrouted_event_is_replayed_by_todays_table_and_stays_when_nobody_wants_it()
    {
        await Append(TestJournals.Event(Time, 1, Disposition.Unrouted));
        await Append(TestJournals.Event(Time, 2, Disposition.Unrouted));
        var job = await Operations.StartReplayAsync(new ReplayOrder(new JournalFilter(ItemState.Unrouted)), default);

        job = await Operations.StepReplayAsync(job.Id, 10, stored => stored.Envelope.TaskId == "t1" ? [new("a")] : [], default);

        Assert.Equal((1L, 1L), (job.Done, job.Skipped));
        Assert.Equal(["t1"], Tasks(await Claim("a")));
        Assert.Equal(1, await Operations.CountAsync(new(ItemState.Unrouted), default));
    }

    [Fact]
    public async Task A_redirect_ends_what_waits_and_skips_who_has_it_already()
    {
        await Append(Event(1), "old");
        await Append(Event(2), "old", "new");
        var job = await Operations.StartReplayAsync(new ReplayOrder(new JournalFilter(ItemState.Pending, Consumer: "old"), To: ["new"]), default);

        job = await Operations.StepReplayAsync(job.Id, 10, _ => [], default);

        Assert.Equal((1L, 1L), (job.Done, job.Skipped));
        Assert.Equal(["t1", "t2"], Tasks(await Claim("new")).Order(StringComparer.Ordinal));
        Assert.Equal(["t2"], Tasks(await Claim("old")));
    }

    [Fact]
    public async Task A_cancelled_replay_goes_no_further()
    {
        await Append(Event(1), "a");
        await Settle("a", 1, DeliveryState.Dead);
        var job = await Operations.StartReplayAsync(new ReplayOrder(new JournalFilter()), default);

        Assert.Equal(ReplayState.Cancelled, (await Operations.CancelReplayAsync(job.Id, default))!.State);
        Assert.Equal(0, (await Operations.StepReplayAsync(job.Id, 10, _ => [], default)).Done);
        Assert.Null(await Operations.CancelReplayAsync(Guid.Empty, default));
        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await Operations.StepReplayAsync(Guid.Empty, 10, _ => [], default));
        Assert.Empty(await Claim("a"));
    }

    private async Task Settle(string consumer, int count, DeliveryState state)
    {
        foreach (var delivery in await Claim(consumer, count))
            Assert.True(await Journal.SettleAsync(delivery, new Settlement(state, null, Failed()), default));
    }
}
