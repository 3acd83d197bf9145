using AngoGateway.Envelopes;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Journal;

public sealed class SqlitePrunerTests : SqliteTest
{
    [Fact]
    public async Task Settled_and_unrouted_events_leave_after_their_term_and_what_waits_stays()
    {
        var journal = Open();
        await Append(journal, Event(1), "delivered", "superseded");
        await Append(journal, Event(2), "dead");
        await Append(journal, Event(3), "pending");
        await Append(journal, Event(4, Disposition.Unrouted));
        await Append(journal, Event(5, Disposition.Quarantined));
        await Settle(journal, "delivered", DeliveryState.Delivered);
        await Settle(journal, "superseded", DeliveryState.Superseded);
        await Settle(journal, "dead", DeliveryState.Dead);

        Time.Advance(TimeSpan.FromDays(7));
        await journal.PruneAsync();
        Assert.Equal(5, Journals.Number("SELECT count(*) FROM event"));

        Time.Advance(TimeSpan.FromMilliseconds(1));
        await Append(journal, Event(6), "pending");
        await journal.PruneAsync();

        Assert.Equal("t2 t3 t5 t6", Journals.Scalar("SELECT group_concat(task, ' ') FROM (SELECT task FROM event ORDER BY seq)"));
        Assert.Equal("2 3 5 6", Journals.Scalar("SELECT group_concat(seq, ' ') FROM payload"));
        Assert.Equal("2 3 6", Journals.Scalar("SELECT group_concat(event_seq, ' ') FROM delivery"));
        Assert.Equal("2", Journals.Scalar("SELECT group_concat(event_seq, ' ') FROM attempt"));
        Assert.Equal(6, Journals.Number("SELECT count(*) FROM event_key"));
    }

    [Fact]
    public async Task A_key_leaves_after_its_term_and_never_before_its_event()
    {
        Journals.Retention = new Retention(Events: TimeSpan.FromDays(20), Keys: TimeSpan.FromDays(10), DeadLetters: TimeSpan.FromDays(90));
        var journal = Open();
        await Append(journal, Event(1));
        await Append(journal, Event(2), "dead");
        await Settle(journal, "dead", DeliveryState.Dead);

        Time.Advance(TimeSpan.FromDays(15));
        await journal.PruneAsync();
        Assert.Equal(2, Journals.Number("SELECT count(*) FROM event_key"));

        Time.Advance(TimeSpan.FromDays(6));
        await journal.PruneAsync();

        Assert.Equal("t2", Journals.Scalar("SELECT task FROM event"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event_key k JOIN event e ON e.id = k.event_id"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event_key"));
    }

    [Fact]
    public async Task A_key_that_came_late_is_kept_for_its_whole_term()
    {
        Journals.Retention = new Retention(Events: TimeSpan.FromDays(1), Keys: TimeSpan.FromDays(10), DeadLetters: TimeSpan.FromDays(90));
        var journal = Open();
        var late = Event(1) with { Key = new EventKey(Time.GetUtcNow().AddDays(-9).ToUnixTimeMilliseconds(), 1) };
        var untimed = Event(2) with { Key = new EventKey(0, 2, ByContent: true) };
        await Append(journal, late);
        await Append(journal, untimed);

        Time.Advance(TimeSpan.FromDays(9));
        await journal.PruneAsync();
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
        Assert.Equal(late.Id, await journal.FindAsync(late.Key, default));
        Assert.Equal(untimed.Id, await journal.FindAsync(untimed.Key, default));

        Time.Advance(TimeSpan.FromDays(2));
        await journal.PruneAsync();
        Assert.Null(await journal.FindAsync(late.Key, default));
        Assert.Equal(untimed.Id, await journal.FindAsync(untimed.Key, default));
    }

    [Fact]
    public async Task Retention_is_asked_for_anew()
    {
        var journal = Open();
        await Append(journal, Event(1));
        Time.Advance(TimeSpan.FromDays(2));
        await journal.PruneAsync();
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event"));

        Journals.Retention = Journals.Retention with { Events = TimeSpan.FromDays(1) };
        await journal.PruneAsync();

        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task The_number_of_a_pruned_event_is_not_given_to_another()
    {
        var journal = Open();
        await Append(journal, Event(1));
        Time.Advance(TimeSpan.FromDays(8));
        await journal.PruneAsync();

        await Append(journal, Event(2));

        Assert.Equal(2, Journals.Number("SELECT seq FROM event"));
    }

    [Fact]
    public async Task Room_that_stays_free_is_given_back()
    {
        var journal = Open();
        for (var task = 0; task < 20; task++)
            await journal.AppendAsync(Event(task), Payload.Of(new byte[1024 * 1024]), [], default);

        Time.Advance(TimeSpan.FromDays(8));
        await journal.PruneAsync();
        await journal.DisposeAsync();

        Assert.InRange(new FileInfo(Journals.File).Length, 1, 6 * 1024 * 1024);
        Assert.Equal("ok", Journals.Scalar("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task While_events_arrive_at_most_two_go_for_each()
    {
        var journal = Open();
        for (var task = 0; task < 20; task++)
            await Append(journal, Event(task));
        await journal.PruneAsync();
        using (var held = await Hold(journal))
        {
            // The next pass begins now, and the writer finds an event to write before it is idle.
            Time.Advance(TimeSpan.FromDays(8));
            var append = Append(journal, Event(100), "pending").AsTask();
            var look = journal.OnWriterAsync(connection => Assert.Equal(21, SqliteSchema.Number(connection, "SELECT count(*) FROM event")));
            await held.LetGo();
            await look;
            await append;
        }

        Assert.True(SpinWait.SpinUntil(() => Journals.Number("SELECT count(*) FROM event") == 1, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_was_forgotten_is_remembered_as_forgotten_over_a_longer_term_and_a_restart()
    {
        Journals.Retention = new Retention(Events: TimeSpan.FromDays(1), Keys: TimeSpan.FromDays(10), DeadLetters: TimeSpan.FromDays(1));
        var journal = Open();
        await Append(journal, Event(1));
        Assert.Equal(DateTimeOffset.MinValue, journal.ForgottenBefore);
        Time.Advance(TimeSpan.FromDays(20));
        await journal.PruneAsync();
        var forgotten = Time.GetUtcNow() - TimeSpan.FromDays(10);
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event_key"));

        Journals.Retention = new Retention(Events: TimeSpan.FromDays(1), Keys: TimeSpan.FromDays(300), DeadLetters: TimeSpan.FromDays(1));
        await journal.PruneAsync();
        await journal.DisposeAsync();

        Assert.Equal(forgotten, Open().ForgottenBefore);
    }

    [Fact]
    public async Task A_key_without_a_readable_time_is_kept_for_ever()
    {
        var journal = Open();
        await Append(journal, Event(1) with { Key = new EventKey(0, 42, ByContent: true) });
        Time.Advance(TimeSpan.FromDays(4000));
        await journal.PruneAsync();

        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event_key"));
    }

    [Fact]
    public async Task A_gateway_that_is_never_idle_goes_on_forgetting()
    {
        var journal = Open();
        for (var task = 0; task < 60; task++)
            await Append(journal, Event(task));

        // The pass that began at the start ends without a quiet moment; the next one finds what is old by then.
        Time.Advance(TimeSpan.FromDays(8));
        for (var task = 100; task < 150; task++)
            await Append(journal, Event(task), "pending");

        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event WHERE task IN ('t0', 't19')"));
    }

    private static async Task Settle(SqliteJournal journal, string consumer, DeliveryState state) =>
        await journal.SettleAsync(await ClaimOne(journal, consumer), Settled(state), default);
}
