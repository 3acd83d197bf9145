using System.Globalization;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

/// <summary>Task order and supersession.</summary>
public abstract partial class JournalConformance
{
    private int _made;

    [Fact]
    public async Task One_tasks_deliveries_go_one_at_a_time_by_updatedAt_and_other_tasks_go_on()
    {
        await Append(Version("t1", 3), "training");
        await Append(Version("t1", 1), "training");
        await Append(Version("t2", 9), "training");
        await Append(Version("t1", null), "training");
        var order = new List<string>();

        for (var round = 0; round < 4; round++)
        {
            foreach (var delivery in await ClaimInOrder())
            {
                order.Add(Name(delivery));
                Assert.Null(await Journal.NextDueAsync("training", inTaskOrder: true, default));
                Assert.True(await Journal.SettleAsync(delivery, Delivered, default));
            }
        }

        Assert.Equal(["t2@9", "t1@-", "t1@1", "t1@3"], order.OrderBy(name => name[1] == '1'));
        Assert.Empty(await ClaimInOrder());
    }

    [Fact]
    public async Task A_retry_holds_back_the_later_ones_of_its_task_and_a_dead_one_does_not()
    {
        await Append(Version("t1", 1), "training");
        await Append(Version("t1", 2), "training");
        await Journal.SettleAsync(Assert.Single(await ClaimInOrder()), Retry(TimeSpan.FromMinutes(1)), default);

        Assert.Empty(await ClaimInOrder());
        Assert.Equal(Time.GetUtcNow().AddMinutes(1), await Journal.NextDueAsync("training", inTaskOrder: true, default));

        Time.Advance(TimeSpan.FromMinutes(1));
        var first = Assert.Single(await ClaimInOrder());
        Assert.Equal("t1@1", Name(first));
        await Journal.SettleAsync(first, new Settlement(DeliveryState.Dead, null, Failed()), default);
        Assert.Equal("t1@2", Name(Assert.Single(await ClaimInOrder())));
    }

    [Fact]
    public async Task An_older_one_waits_for_the_younger_that_is_in_somebodys_hands_and_its_end_is_work()
    {
        await Append(Version("t1", 5), "training");
        var younger = Assert.Single(await ClaimInOrder());
        await Append(Version("t1", 1), "training");
        await Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        Assert.Empty(await ClaimInOrder());
        Assert.Null(await Journal.NextDueAsync("training", inTaskOrder: true, default));
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        Assert.True(await Journal.SettleAsync(younger, Delivered, default));
        await wait;

        Assert.Equal("t1@1", Name(Assert.Single(await ClaimInOrder())));
    }

    [Fact]
    public async Task Who_asks_for_an_order_late_gets_what_waited_in_it()
    {
        for (var minute = 1500; minute > 0; minute--)
            await Append(Version("t1", minute), "training");
        await Append(Version("t2", 1), "training");
        Assert.Equal("t1@1500", Name(Assert.Single(await Claim("training", limit: 1))));

        // One of the first task is in somebody's hands still.
        Assert.Equal(["t2@1"], (await ClaimInOrder()).Select(Name));
    }

    [Fact]
    public async Task What_is_revived_is_in_its_place_among_those_of_its_task()
    {
        await Append(Version("t1", 1), "training");
        await Journal.SettleAsync(Assert.Single(await Claim("training")), new Settlement(DeliveryState.Dead, null, Failed()), default);
        var repeat = Version("t1", 2);
        await Append(repeat, "training");
        await Append(Version("t1", 3), "training");
        await Journal.SettleAsync((await ClaimInOrder()).Single(), new Settlement(DeliveryState.Dead, null, Failed()), default);
        await Append(repeat, "training");

        Assert.Equal("t1@2", Name(Assert.Single(await ClaimInOrder())));
    }

    [Fact]
    public async Task The_newest_ends_what_came_before_anybody_wanted_only_the_newest()
    {
        await Append(Version("t1", 1), "training");
        await Append(Version("t2", 1), "training");
        await AppendNewest(Version("t1", 2));

        Assert.Equal(["t1@2", "t2@1"], (await Claim("training")).Select(Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_quarter_of_a_claim_are_retries_when_there_are_so_many()
    {
        for (var task = 0; task < 8; task++)
            await Append(Event(task), "training");
        foreach (var delivery in await Claim("training"))
            await Journal.SettleAsync(delivery, Retry(TimeSpan.Zero), default);
        for (var task = 10; task < 30; task++)
            await Append(Event(task), "training");

        Assert.Equal(2, (await Claim("training", limit: 8)).Count(delivery => delivery.Attempts == 1));
        Assert.Equal(6, (await Claim("training", limit: 100)).Count(delivery => delivery.Attempts == 1));
    }

    [Fact]
    public async Task The_newest_ends_pending_ones_of_its_task_and_stage_and_no_others()
    {
        await AppendNewest(Version("t1", 1));
        await AppendNewest(Version("t1", 2, stage: "Label"));
        await AppendNewest(Version("t2", 1));
        await AppendNewest(Version("t1", null));
        await AppendNewest(Version("t1", 5));
        await AppendNewest(Version("t1", 5));

        Assert.Equal(["t1@-", "t1@2", "t1@5", "t1@5", "t2@1"], (await Claim("training")).Select(Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_older_one_that_comes_late_is_superseded_at_once_even_after_the_newer_was_delivered()
    {
        await AppendNewest(Version("t1", 5));
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Delivered, default);
        var late = Version("t1", 4);
        await AppendNewest(late);

        Assert.Empty(await Claim("training"));
        var history = await Operations.ReadEventAsync(late.Id, default);
        Assert.Equal((DeliveryState.Superseded, Time.GetUtcNow()), (history!.Deliveries[0].State, history.Deliveries[0].SettledAt));
    }

    [Theory]
    [InlineData(DeliveryState.Delivered, DeliveryState.Delivered)]
    [InlineData(DeliveryState.Pending, DeliveryState.Superseded)]
    [InlineData(DeliveryState.Dead, DeliveryState.Superseded)]
    internal async Task What_is_superseded_in_flight_stays_so_unless_it_arrives(DeliveryState outcome, DeliveryState expected)
    {
        var older = Version("t1", 1);
        await AppendNewest(older);
        var inFlight = Assert.Single(await Claim("training"));
        await AppendNewest(Version("t1", 2));

        Assert.True(await Journal.SettleAsync(inFlight, new Settlement(outcome, Time.GetUtcNow(), Failed()), default));

        var delivery = Assert.Single((await Operations.ReadEventAsync(older.Id, default))!.Deliveries);
        Assert.Equal((expected, 1, 1), (delivery.State, delivery.Attempts, delivery.Tries.Count));
        Assert.Equal("t1@2", Name(Assert.Single(await Claim("training"))));
    }

    [Fact]
    public async Task A_duplicate_does_not_revive_what_is_superseded_by_now()
    {
        var older = Version("t1", 1);
        await AppendNewest(older);
        var claimed = Assert.Single(await Claim("training"));
        await Journal.SettleAsync(claimed, new Settlement(DeliveryState.Dead, null, Failed()), default);
        await AppendNewest(Version("t1", 2));

        Assert.Equal(AppendStatus.Duplicate, (await AppendNewest(older)).Status);

        Assert.Equal(DeliveryState.Superseded, Assert.Single((await Operations.ReadEventAsync(older.Id, default))!.Deliveries).State);
        Assert.Equal("t1@2", Name(Assert.Single(await Claim("training"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nor_does_a_repeat_that_no_route_leads_there_any_more(bool proxied)
    {
        var older = Version("t1", 1);
        await AppendNewest(older);
        await Journal.SettleAsync(Assert.Single(await Claim("training")), new Settlement(DeliveryState.Dead, null, Failed()), default);
        await AppendNewest(Version("t1", 2));

        if (proxied)
            await Journal.ReviveAsync(older.Id, default);
        else
            Assert.Equal(AppendStatus.Duplicate, (await Append(older)).Status);

        Assert.Equal(DeliveryState.Superseded, Assert.Single((await Operations.ReadEventAsync(older.Id, default))!.Deliveries).State);
        Assert.Equal("t1@2", Name(Assert.Single(await Claim("training"))));
    }

    [Fact]
    public async Task A_newer_one_that_was_delivered_live_supersedes_what_waits()
    {
        var older = Version("t1", 1);
        await AppendNewest(older);
        await Journal.AppendAsync(Version("t1", 2), Payload.Of(Bytes), [new NewDelivery("training", Failed() with { Status = 200, Error = null }, NewestOnly: true)], default);

        Assert.Equal(DeliveryState.Superseded, Assert.Single((await Operations.ReadEventAsync(older.Id, default))!.Deliveries).State);
        Assert.Empty(await Claim("training"));
    }

    [Theory]
    [InlineData(false, DeliveryState.Pending, DeliveryState.Replayed)]
    [InlineData(true, DeliveryState.Pending, DeliveryState.Pending)]
    [InlineData(false, DeliveryState.Dead, DeliveryState.Replayed)]
    [InlineData(true, DeliveryState.Dead, DeliveryState.Dead)]
    internal async Task An_event_that_goes_to_a_further_consumer_is_not_taken_from_its_own(bool beside, DeliveryState before, DeliveryState after)
    {
        var sent = Version("t1", 1);
        await Append(sent, "training");
        if (before == DeliveryState.Dead)
            await Journal.SettleAsync(Assert.Single(await Claim("training")), new Settlement(DeliveryState.Dead, null, Failed()), default);

        var filter = new JournalFilter((ItemState)before, EventId: sent.Id);
        var job = await Operations.StartReplayAsync(new ReplayOrder(filter, ["qa"], Beside: beside), default);
        await Operations.StepReplayAsync(job.Id, 10, _ => [], default);

        var states = (await Operations.ReadEventAsync(sent.Id, default))!.Deliveries.ToDictionary(delivery => delivery.Consumer, delivery => delivery.State);
        Assert.Equal(after, states["training"]);
        Assert.Equal(DeliveryState.Pending, states["qa"]);
    }

    private protected IJournalOperations Operations => (IJournalOperations)Journal;

    private protected StoredEvent Version(string task, int? minute, string stage = "Review")
    {
        var made = TestJournals.Event(Time, 1000 + _made++);
        var updatedAt = minute is { } some ? Time.GetUtcNow().AddMinutes(some).ToString("O", CultureInfo.InvariantCulture) : "soon";
        return made with { Envelope = made.Envelope with { TaskId = task, Stage = stage, UpdatedAt = updatedAt, Batches = [$"{task}@{minute?.ToString(CultureInfo.InvariantCulture) ?? "-"}"] } };
    }

    private protected ValueTask<AppendResult> AppendNewest(StoredEvent @event) =>
        Journal.AppendAsync(@event, Payload.Of(Bytes), [new NewDelivery("training", NewestOnly: true)], default);

    private ValueTask<IReadOnlyList<Delivery>> ClaimInOrder() => Journal.ClaimAsync("training", 100, inTaskOrder: true, default);

    private static string Name(Delivery delivery) => delivery.Event.Envelope.Batches[0];
}
