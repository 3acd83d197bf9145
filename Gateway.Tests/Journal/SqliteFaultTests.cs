using AngoGateway.Envelopes;
using AngoGateway.Journal;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteFaultTests : SqliteTest
{
    [Theory]
    [InlineData(1034, SqliteFault.LostSync)] // SQLITE_IOERR_FSYNC
    [InlineData(1290, SqliteFault.LostSync)] // SQLITE_IOERR_DIR_FSYNC
    [InlineData(10, SqliteFault.Store)] // SQLITE_IOERR
    [InlineData(778, SqliteFault.Store)] // SQLITE_IOERR_WRITE
    [InlineData(13, SqliteFault.Store)] // SQLITE_FULL
    [InlineData(8, SqliteFault.Store)] // SQLITE_READONLY
    [InlineData(1032, SqliteFault.Store)] // SQLITE_READONLY_DBMOVED
    [InlineData(14, SqliteFault.Store)] // SQLITE_CANTOPEN
    [InlineData(5, SqliteFault.Store)] // SQLITE_BUSY
    [InlineData(11, SqliteFault.Store)] // SQLITE_CORRUPT
    [InlineData(2067, SqliteFault.Row)] // SQLITE_CONSTRAINT_UNIQUE
    [InlineData(1299, SqliteFault.Row)] // SQLITE_CONSTRAINT_NOTNULL
    [InlineData(18, SqliteFault.Row)] // SQLITE_TOOBIG
    internal void A_failure_is_the_rows_or_the_stores_or_the_end(int extendedCode, SqliteFault expected) =>
        Assert.Equal(expected, SqliteFaults.Classify(extendedCode));

    [Fact]
    public async Task A_full_disk_refuses_events_whole_and_is_left_behind_without_help()
    {
        var journal = Open();
        await Append(journal, Event(0), "training");
        var delivery = await ClaimOne(journal, "training");
        await journal.OnWriterAsync(connection => SqliteSchema.Number(connection, $"PRAGMA max_page_count={SqliteSchema.Number(connection, "PRAGMA page_count")}"));

        var results = await Task.WhenAll(Enumerable.Range(1, 20)
            .Select(task => journal.AppendAsync(Event(task), Payload.Of(new byte[100_000]), [new NewDelivery("training")], default).AsTask()));

        Assert.All(results, result => Assert.Equal(AppendStatus.Unavailable, result.Status));
        Assert.All(results, result => Assert.Contains("full", result.Fault, StringComparison.Ordinal));
        Assert.Contains("full", journal.Health.Fault, StringComparison.Ordinal);
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event_key"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM delivery"));

        await journal.OnWriterAsync(connection => SqliteSchema.Number(connection, "PRAGMA max_page_count=1000000"));

        Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(Event(1), Payload.Of(new byte[100_000]), [], default)).Status);
        Assert.Null(journal.Health.Fault);
        Assert.True(await journal.SettleAsync(delivery, Delivered, default));
        Assert.Equal("ok", Journals.Scalar("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Health_returns_without_an_event_to_try()
    {
        var journal = Open();
        await journal.OnWriterAsync(connection => SqliteSchema.Number(connection, $"PRAGMA max_page_count={SqliteSchema.Number(connection, "PRAGMA page_count")}"));
        await journal.AppendAsync(Event(1), Payload.Of(new byte[100_000]), [], default);
        Assert.NotNull(journal.Health.Fault);

        await journal.OnWriterAsync(connection => SqliteSchema.Number(connection, "PRAGMA max_page_count=1000000"));

        Assert.True(SpinWait.SpinUntil(() => journal.Health.Fault is null, TimeSpan.FromSeconds(20)));
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task A_settlement_that_was_not_written_leaves_the_lease_with_its_holder()
    {
        var journal = Open();
        await Append(journal, Event(1), "training");
        var delivery = await ClaimOne(journal, "training");
        using var held = await Hold(journal);
        var settle = journal.SettleAsync(delivery, Delivered, default).AsTask();
        var broken = journal.OnWriterAsync(_ => throw new SqliteException("disk I/O error", 10, 778));

        await Assert.ThrowsAsync<JournalUnavailableException>(async () => { await held.LetGo(); await settle; });
        await Assert.ThrowsAsync<JournalUnavailableException>(() => broken);

        Assert.Empty(await journal.ClaimAsync("training", 10, inTaskOrder: false, default));
        Assert.True(await journal.SettleAsync(delivery, Delivered, default));
    }

    [Theory]
    [InlineData(1034)]
    [InlineData(1290)]
    public async Task A_failed_sync_ends_the_process_and_acknowledges_nothing(int extendedCode)
    {
        var ends = new List<string>();
        var journal = Open(options => options with { EndProcess = ends.Add });
        using var held = await Hold(journal);
        var append = Append(journal, Event(1), "training").AsTask();
        var broken = journal.OnWriterAsync(_ => throw new SqliteException("disk I/O error", 10, extendedCode));

        await held.LetGo();

        Assert.Equal(AppendStatus.Unavailable, (await append).Status);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => broken);
        Assert.Single(ends);
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(2), "training")).Status);
        Assert.NotNull(journal.Health.Fault);
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task A_file_that_is_gone_takes_no_events()
    {
        var journal = Open();
        await Append(journal, Event(1));
        File.Move(Journals.File, Journals.File + ".away");

        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(2))).Status);
        Assert.Contains("gone", journal.Health.Fault, StringComparison.Ordinal);

        File.Move(Journals.File + ".away", Journals.File);
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, Event(2))).Status);
    }
}
