using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;

namespace AngoGateway.Tests.Journal.Postgres;

public sealed class PostgresRetentionTests : PostgresTest
{
    [Fact]
    public async Task A_day_of_settled_events_goes_by_dropping_it()
    {
        var journal = await Journals.OpenPostgresAsync(Time);
        await Settle(journal, Event(1), DeliveryState.Delivered);
        Assert.Equal(1, await Number("SELECT count(*) FROM event_20260301"));

        Time.Advance(TimeSpan.FromDays(7));
        await Prune(journal);
        Assert.Equal(1, await Number("SELECT count(*) FROM event_20260301"));

        Time.Advance(TimeSpan.FromDays(1));
        await Gone(journal);
        Assert.Equal(0, await Number("SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname LIKE '%20260301'"));
        Assert.Equal(0, await Number("SELECT count(*) FROM event"));
        Assert.Equal(0, await Number("SELECT count(*) FROM delivery"));
        Assert.Equal(1, await Number("SELECT count(*) FROM event_key"));
    }

    [Fact]
    public async Task What_waits_keeps_its_day_and_the_others_of_that_day_go_row_by_row()
    {
        var journal = await Journals.OpenPostgresAsync(Time);
        await Settle(journal, Event(1), DeliveryState.Delivered);
        await Settle(journal, Event(2), DeliveryState.Pending);
        await Settle(journal, Event(3), DeliveryState.Dead);
        await Append(journal, Event(4, Disposition.Quarantined));
        await Append(journal, Event(5, Disposition.Unrouted));

        Time.Advance(TimeSpan.FromDays(8));
        await Prune(journal);
        Assert.Equal("t2 t3 t4", await Tasks());
        Assert.Equal(3, await Number("SELECT count(*) FROM payload"));
        Assert.Equal(2, await Number("SELECT count(*) FROM attempt"));

        Time.Advance(TimeSpan.FromDays(83));
        await Prune(journal);
        Assert.Equal("t2", await Tasks());

        var waiting = Assert.Single(await Claim(journal, "training"));
        Assert.True(await journal.SettleAsync(waiting, Delivered, default));
        await Gone(journal);
        Assert.Null(await Tasks());
    }

    [Fact]
    public async Task Events_of_a_strange_clock_leave_the_default_partition_when_their_term_is_over()
    {
        var journal = await Journals.OpenPostgresAsync(Time);
        var strange = Event(1) with { Id = Guid.CreateVersion7(Time.GetUtcNow().AddYears(-3)), ReceivedAt = Time.GetUtcNow().AddYears(-3) };
        await Settle(journal, strange, DeliveryState.Delivered);
        Assert.Equal(1, await Number("SELECT count(*) FROM event_default"));

        await Prune(journal);

        Assert.Equal(0, await Number("SELECT count(*) FROM event_default"));
    }

    [Fact]
    public async Task A_key_is_forgotten_only_after_every_gateway_can_have_seen_that_it_may_be()
    {
        var journal = await Journals.OpenPostgresAsync(Time);
        var stored = Event(1);
        await Settle(journal, stored, DeliveryState.Delivered);
        Assert.Equal(DateTimeOffset.MinValue, journal.ForgottenBefore);

        Time.Advance(TimeSpan.FromDays(366));
        await Prune(journal);
        Assert.Equal(stored.Id, await journal.FindAsync(stored.Key, default));

        var cutoff = Time.GetUtcNow() - TimeSpan.FromDays(365);
        await using (var other = await Journals.OpenPostgresAsync(Time))
            Assert.Equal(cutoff, other.ForgottenBefore);

        Time.Advance(TimeSpan.FromMinutes(5));
        await Prune(journal);
        Assert.Null(await journal.FindAsync(stored.Key, default));
    }

    [Fact]
    public async Task Only_one_gateway_at_a_time_looks_after_the_journal()
    {
        var journal = await OpenFrozen();
        await using (var other = new Npgsql.NpgsqlConnection((await Support.PostgresCluster.SharedAsync()).ConnectionString(Journals.Schema) + ";Pooling=false"))
        {
            await other.OpenAsync();
            await using var isAtIt = new Npgsql.NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended('ango-gateway.upkeep.' || current_schema(), 0))", other);
            await isAtIt.ExecuteNonQueryAsync();
            Assert.False(await journal.PruneAsync());
        }

        await Prune(journal);
    }

    [Fact]
    public async Task Partitions_are_made_ahead_as_time_goes_on()
    {
        var journal = await Journals.OpenPostgresAsync(Time);
        Time.Advance(TimeSpan.FromDays(2));

        await Until(async () => await Number("SELECT count(*) FROM span WHERE name = '20260306'") == 1, "a partition ahead");
        await Append(journal, Event(1), "training");
        Assert.Equal(1, await Number("SELECT count(*) FROM event_20260303"));
    }

    // The pass that time has started may be at it.
    private static Task Prune(PostgresJournal journal) =>
        Support.Eventually.TrueAsync(journal.PruneAsync, Soon, () => "a pass of its own");

    // A reader that is slow to end puts the drop off until the next pass.
    private Task Gone(PostgresJournal journal) => Support.Eventually.TrueAsync(
        async () => await journal.PruneAsync() && await Number("SELECT count(*) FROM span WHERE name = '20260301'") == 0, Soon, () => "a day that is dropped");

    private async Task Settle(PostgresJournal journal, StoredEvent @event, DeliveryState state)
    {
        await Append(journal, @event, "training");
        var delivery = Assert.Single(await Claim(journal, "training", limit: 1));
        Assert.True(await journal.SettleAsync(delivery, Settled(state, Time.GetUtcNow().AddDays(1)), default));
    }

    private async Task<string?> Tasks() =>
        await (await Support.PostgresCluster.SharedAsync()).ScalarAsync("SELECT string_agg(task, ' ' ORDER BY task) FROM event", Journals.Schema) as string;
}
