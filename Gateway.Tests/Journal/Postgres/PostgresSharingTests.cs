using System.Collections.Concurrent;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>Several gateways on one journal.</summary>
public sealed class PostgresSharingTests : PostgresTest
{
    [Fact]
    public async Task One_event_given_to_three_gateways_at_once_is_accepted_by_one_and_delivered_once()
    {
        var gateways = await Open(3);

        for (var round = 0; round < 30; round++)
        {
            var results = await Task.WhenAll(gateways.Select(gateway => Task.Run(() => Append(gateway, Event(round), "training").AsTask())));

            var accepted = Assert.Single(results, result => result.Status == AppendStatus.Accepted);
            Assert.All(results, result => Assert.Equal(accepted.EventId, result.EventId));
            Assert.DoesNotContain(results, result => result.Status == AppendStatus.Unavailable);
        }

        Assert.Equal(30, await Number("SELECT count(*) FROM delivery"));
        Assert.Equal(30, await Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task The_same_events_in_opposite_orders_at_two_gateways_do_not_lock_each_other_out()
    {
        var gateways = await Open(2);
        var events = Enumerable.Range(0, 300).Select(task => Event(task)).ToArray();

        var results = await Task.WhenAll(
            Task.WhenAll(events.Select(one => Append(gateways[0], one with { Id = Guid.CreateVersion7(Time.GetUtcNow()) }, "a").AsTask())),
            Task.WhenAll(events.Reverse().Select(one => Append(gateways[1], one, "a").AsTask())));

        Assert.Equal(300, results.Sum(mine => mine.Count(result => result.Status == AppendStatus.Accepted)));
        Assert.Equal(300, results.Sum(mine => mine.Count(result => result.Status == AppendStatus.Duplicate)));
        Assert.Equal(300, await Number("SELECT count(*) FROM delivery"));
    }

    [Fact]
    public async Task Gateways_that_claim_at_once_share_the_work_and_no_delivery()
    {
        var gateways = await Open(3);
        for (var task = 0; task < 150; task++)
            await Append(gateways[task % 3], Event(task), "training");

        var claimed = await Task.WhenAll(gateways.Select(gateway => Task.Run(async () =>
        {
            var mine = new List<string>();
            while (await Claim(gateway, "training", limit: 4) is { Count: > 0 } deliveries)
            {
                mine.AddRange(deliveries.Select(delivery => delivery.Id));
                await Task.WhenAll(deliveries.Select(async delivery => Assert.True(await gateway.SettleAsync(delivery, Delivered, default))));
            }

            return mine;
        })));

        Assert.Equal(150, claimed.Sum(mine => mine.Count));
        Assert.Equal(150, claimed.SelectMany(mine => mine).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_gateway_frozen_past_its_lease_settles_no_more_what_another_has_claimed_anew()
    {
        var frozen = await OpenFrozen(WithLease);
        var other = await OpenFrozen(WithLease);
        await Append(frozen, Event(1), "training");
        await Append(frozen, Event(2), "training");
        var early = await Claim(frozen, "training");
        Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await Claim(other, "training"));

        Time.Advance(TimeSpan.FromMilliseconds(1));
        var later = Assert.Single(await Claim(other, "training", limit: 1));
        Assert.Equal(early[0].Id, later.Id);

        Assert.False(await frozen.SettleAsync(early[0], Settled(DeliveryState.Dead), default));
        Assert.True(await frozen.SettleAsync(early[1], Delivered, default));
        Assert.True(await other.SettleAsync(later, Delivered, default));
        Assert.Equal(2, await Number("SELECT count(*) FROM delivery WHERE state = 1"));
        Assert.Equal(2, await Number("SELECT count(*) FROM attempt"));
    }

    [Fact]
    public async Task What_is_in_hand_is_renewed_and_stays_there_however_long_it_takes()
    {
        var holder = await Journals.OpenPostgresAsync(Time, WithLease);
        var other = await OpenFrozen(WithLease);
        await Append(holder, Event(1), "training");
        var held = Assert.Single(await Claim(holder, "training"));

        for (var thirds = 0; thirds < 9; thirds++)
        {
            var until = await Number("SELECT lease_until FROM delivery");
            var seconds = 0;
            await Eventually.TrueAsync(
                async () =>
                {
                    // Never past the lease: a renewal may take as long as the machine likes.
                    if (seconds++ < 25)
                        Time.Advance(TimeSpan.FromSeconds(1));

                    return await Number("SELECT lease_until FROM delivery") > until;
                },
                Soon,
                () => "a lease that is renewed");
            Assert.Empty(await Claim(other, "training"));
        }

        Assert.True(await holder.SettleAsync(held, Delivered, default));
    }

    [Fact]
    public async Task A_gateway_that_ends_leaves_what_it_had_in_hand_to_the_others_at_once()
    {
        var gateways = await Open(2);
        await Append(gateways[0], Event(1), "training");
        Assert.Single(await Claim(gateways[0], "training"));
        var wait = gateways[1].WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        await gateways[0].DisposeAsync();

        await wait.WaitAsync(Soon);
        Assert.Single(await Claim(gateways[1], "training"));
    }

    [Fact]
    public async Task In_task_order_no_two_of_one_task_are_in_anybodys_hands_and_none_overtakes()
    {
        const int tasks = 6, versions = 8;
        var gateways = await Open(3);
        var random = new Random(7);
        foreach (var (task, version) in Enumerable.Range(0, tasks * versions).Select(i => (i % tasks, i / tasks)).OrderBy(_ => random.Next()))
            await Append(gateways[random.Next(3)], Version(task, version), "training");

        var inHand = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var delivered = new ConcurrentDictionary<string, ConcurrentQueue<int>>(StringComparer.Ordinal);
        var failedOnce = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var left = tasks * versions;
        await Task.WhenAll(gateways.Select(gateway => Task.Run(async () =>
        {
            while (Volatile.Read(ref left) > 0)
            {
                foreach (var delivery in await Claim(gateway, "training", limit: 3, inTaskOrder: true))
                {
                    var task = delivery.Event.Envelope.TaskId!;
                    Assert.True(inHand.TryAdd(task, true), $"two of {task} at once");
                    await Task.Yield();
                    var retry = int.Parse(delivery.Event.Envelope.StageName!, null) % 3 == 0 && failedOnce.TryAdd(delivery.Id, true);
                    if (!retry)
                        delivered.GetOrAdd(task, _ => new()).Enqueue(int.Parse(delivery.Event.Envelope.StageName!, null));

                    inHand.TryRemove(task, out _);
                    Assert.True(await gateway.SettleAsync(delivery, retry ? Settled(DeliveryState.Pending, Time.GetUtcNow()) : Delivered, default));
                    if (!retry)
                        Interlocked.Decrement(ref left);
                }
            }
        })));

        Assert.Equal(tasks, delivered.Count);
        Assert.All(delivered.Values, order => Assert.Equal(Enumerable.Range(0, versions), order));
    }

    [Fact]
    public async Task Versions_of_one_task_that_come_to_two_gateways_at_once_leave_the_newest_pending()
    {
        var gateways = await Open(2);

        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(version => Task.Run(() =>
                gateways[version % 2].AppendAsync(Version(round, version), Payload.Of(Bytes), [new NewDelivery("training", NewestOnly: true)], default).AsTask())));
        }

        Assert.Equal(20, await Number("SELECT count(*) FROM delivery WHERE state = 0"));
        Assert.Equal(20, await Number("SELECT count(*) FROM delivery d JOIN event e ON e.id = d.event_id WHERE d.state = 0 AND e.stage_name = '3'"));
        Assert.Equal(60, await Number("SELECT count(*) FROM delivery WHERE state = 3"));
    }

    [Fact]
    public async Task Work_and_lanes_at_one_gateway_are_news_at_the_other()
    {
        var gateways = await Open(2);
        var work = gateways[1].WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Append(gateways[0], Event(1), "training");
        await work.WaitAsync(Soon);

        var state = new LaneState(Time.GetUtcNow(), Time.GetUtcNow());
        var lane = gateways[1].WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await gateways[0].SetPausedAsync("training", state.PausedAt, default);
        await gateways[0].SetOpenAsync("training", state.OpenSince, default);
        await lane.WaitAsync(Soon);
        await Eventually.TrueAsync(() => gateways[1].Lane("training") == state, Soon, () => "a lane's state at the other gateway");

        await gateways[1].SetPausedAsync("training", null, default);
        await Eventually.TrueAsync(() => gateways[0].Lane("training").PausedAt is null, Soon, () => "a resumed lane");
    }

    [Fact]
    public async Task Without_news_what_waits_is_found_within_a_second()
    {
        var gateway = await Journals.OpenPostgresAsync(Time);
        var work = gateway.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Append(gateway, Event(1), "other");
        await using (var other = await OpenFrozen())
            await Append(other, Event(2), "training");
        await Until(() => Task.FromResult(work.IsCompleted), "work");

        var dead = await OpenFrozen(WithLease);
        Assert.Single(await Claim(dead, "training"));
        var again = gateway.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Until(async () => (await Claim(gateway, "training")).Count == 1, "work of a gateway that is gone");
        await again.WaitAsync(Soon);
    }

    [Fact]
    public async Task Each_gateway_sees_the_others_and_their_configurations()
    {
        var first = await Journals.OpenPostgresAsync(Time, options => options with { Revision = () => "one" });
        var second = await Journals.OpenPostgresAsync(Time, options => options with { Revision = () => "two" });

        var seen = await first.ReplicasAsync(default);

        Assert.Equal([(first.Id, true, "one"), (second.Id, false, "two")], seen.Select(one => (one.Id, one.IsSelf, one.Revision)).OrderBy(one => one.Revision));
        await second.DisposeAsync();
        Assert.Single(await first.ReplicasAsync(default));
    }

    [Fact]
    public async Task A_replay_is_carried_out_by_one_gateway_until_that_one_is_gone()
    {
        var gateways = await Open(2);
        for (var task = 0; task < 4; task++)
            await Append(gateways[0], Event(task), "a");
        foreach (var delivery in await Claim(gateways[0], "a"))
            await gateways[0].SettleAsync(delivery, Settled(DeliveryState.Dead), default);
        var job = await gateways[0].StartReplayAsync(new ReplayOrder(new JournalFilter()), default);

        Assert.Equal(1, (await gateways[0].StepReplayAsync(job.Id, 1, _ => [], default)).Done);
        Assert.Equal(1, (await gateways[1].StepReplayAsync(job.Id, 1, _ => [], default)).Done);
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await gateways[1].StepReplayAsync(job.Id, 1, _ => [], default)).Done);
        Assert.Equal(2, (await gateways[0].StepReplayAsync(job.Id, 1, _ => [], default)).Done);
    }

    private static PostgresJournalOptions WithLease(PostgresJournalOptions options) => options with { Lease = TimeSpan.FromSeconds(30) };

    private async Task<PostgresJournal[]> Open(int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Journals.OpenPostgresAsync(Time)));
}
