using AngoGateway.Envelopes;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteReopeningTests : SqliteTest
{
    [Fact]
    public async Task Keys_deliveries_and_what_waits_for_a_person_outlive_the_process_and_leases_do_not()
    {
        var (claimed, retried, dead, unrouted, quarantined) =
            (Event(1), Event(2), Event(3), Event(4, Disposition.Unrouted), Event(5, Disposition.Quarantined));
        await using (var journal = Open())
        {
            await Append(journal, retried, "qa");
            var due = Time.GetUtcNow().AddMinutes(1);
            await journal.SettleAsync(await ClaimOne(journal, "qa"), Settled(DeliveryState.Pending) with { DueAt = due }, default);
            await Append(journal, dead, "audit");
            await journal.SettleAsync(await ClaimOne(journal, "audit"), Settled(DeliveryState.Dead), default);
            await Append(journal, claimed, "training");
            await ClaimOne(journal, "training");
            await Append(journal, unrouted);
            await Append(journal, quarantined);
        }

        var reopened = Open();

        Assert.Equivalent(claimed, (await ClaimOne(reopened, "training")).Event, strict: true);
        Assert.Empty(await reopened.ClaimAsync("qa", 10, inTaskOrder: false, default));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await ClaimOne(reopened, "qa")).Attempts);
        foreach (var known in new[] { claimed, retried, dead, unrouted, quarantined })
        {
            Assert.Equal(known.Id, await reopened.FindAsync(known.Key, default));
            Assert.Equal(new AppendResult(AppendStatus.Duplicate, known.Id), await Append(reopened, known with { Id = Guid.CreateVersion7(Time.GetUtcNow()) }, "x"));
            using var payload = await reopened.ReadPayloadAsync(known.Id, default);
            Assert.Equal(Bytes, payload.Span.ToArray());
        }

        Assert.Equal(dead.Id, (await ClaimOne(reopened, "audit")).Event.Id);
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event WHERE disposition = 2"));
        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event WHERE disposition = 1"));
    }

    [Fact]
    public async Task What_waited_for_its_turn_before_a_restart_has_it_once_the_first_has_ended_whether_or_not_order_is_asked_for_meanwhile()
    {
        var first = Event(1);
        var second = first with { Id = Guid.CreateVersion7(Time.GetUtcNow()), Key = Event(2).Key, Envelope = first.Envelope with { UpdatedAt = "2026-03-02T00:00:00Z" } };
        await using (var journal = Open())
        {
            await Append(journal, first, "training");
            await Append(journal, second, "training");
            var turn = Assert.Single(await journal.ClaimAsync("training", 10, inTaskOrder: true, default));
            Assert.Equal(first.Id, turn.Event.Id);
            journal.Release(turn);
        }

        var reopened = Open();
        var claimed = await reopened.ClaimAsync("training", 10, inTaskOrder: false, default);
        reopened.Release(claimed.Single(delivery => delivery.Event.Id == second.Id));
        await reopened.SettleAsync(claimed.Single(delivery => delivery.Event.Id == first.Id), Delivered, default);

        Assert.Equal(second.Id, Assert.Single(await reopened.ClaimAsync("training", 10, inTaskOrder: true, default)).Event.Id);
    }

    [Fact]
    public async Task Every_attempt_is_kept_with_its_outcome()
    {
        var journal = Open();
        var attempt = new Attempt(1, Time.GetUtcNow(), TimeSpan.FromMilliseconds(12), "http://training:9000", 503, "The service answered 503.", "busy");
        await journal.AppendAsync(Event(1), Payload.Of(Bytes), [new("proxied", attempt with { Status = 200, Error = null }), new("training")], default);
        await journal.SettleAsync(await ClaimOne(journal, "training"), new(DeliveryState.Pending, Time.GetUtcNow(), attempt), default);
        await journal.SettleAsync(await ClaimOne(journal, "training"), new(DeliveryState.Dead, null, attempt with { Number = 2, Status = null }), default);

        Assert.Equal(
            "proxied 0 1 12 http://training:9000 200 - busy|training 0 1 12 http://training:9000 503 The service answered 503. busy|training 0 2 12 http://training:9000 - The service answered 503. busy",
            Journals.Scalar(
                """
                SELECT group_concat(concat_ws(' ', consumer, replay, number, duration_ms, address, ifnull(status, '-'), ifnull(error, '-'), response), '|')
                FROM (SELECT * FROM attempt ORDER BY consumer, number)
                """));
        Assert.Equal(2, Journals.Number("SELECT state FROM delivery WHERE consumer = 'training' AND attempts = 2 AND settled_at IS NOT NULL"));
        Assert.Equal(1, Journals.Number("SELECT state FROM delivery WHERE consumer = 'proxied' AND attempts = 1 AND settled_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_wrong_clock_cannot_park_a_delivery_for_longer_than_a_day()
    {
        await using (var journal = Open())
        {
            await Append(journal, Event(1), "training");
            var parked = Settled(DeliveryState.Pending) with { DueAt = Time.GetUtcNow().AddYears(10) };
            await journal.SettleAsync(await ClaimOne(journal, "training"), parked, default);
        }

        Assert.Equal(Time.GetUtcNow().AddDays(1), await Open().NextDueAsync("training", inTaskOrder: false, default));
    }

    [Fact]
    public async Task The_file_is_made_as_it_was_measured()
    {
        await using (Open())
        {
        }

        Assert.Equal(8192, Journals.Number("PRAGMA page_size"));
        Assert.Equal(2, Journals.Number("PRAGMA auto_vacuum"));
        Assert.Equal("wal", Journals.Scalar("PRAGMA journal_mode"));
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name <> 'sqlite_schema'"));
    }

    [Fact]
    public async Task Every_commit_waits_for_the_disk()
    {
        var journal = Open();
        await journal.OnWriterAsync(connection => Assert.Equal(2, SqliteSchema.Number(connection, "PRAGMA synchronous")));
        await journal.OnWriterAsync(connection => Assert.Equal(0, SqliteSchema.Number(connection, "PRAGMA wal_autocheckpoint")));
    }

    [Fact]
    public async Task Migrations_run_once()
    {
        await using (var journal = Open())
            await Append(journal, Event(1));
        Assert.Equal(SqliteSchema.Newest, Journals.Number("PRAGMA user_version"));

        await using (Open())
        {
        }

        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event"));
        Assert.Equal(SqliteSchema.Newest, Journals.Number("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_newer_file_is_refused_and_left_alone()
    {
        await using (Open())
        {
        }

        Journals.Scalar($"PRAGMA user_version={SqliteSchema.Newest + 1}");

        Assert.Contains("newer gateway", Refusal(), StringComparison.Ordinal);
        Assert.Equal(SqliteSchema.Newest + 1, Journals.Number("PRAGMA user_version"));
    }

    [Fact]
    public void Another_programs_database_is_refused()
    {
        Journals.Scalar("CREATE TABLE theirs(x)");

        Assert.Contains("another program", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_alone()
    {
        var text = new string('x', 10_000);
        File.WriteAllText(Journals.File, text);

        Assert.Contains("not a database", Refusal(), StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Journals.File));
    }

    [Fact]
    public async Task A_read_only_file_is_refused()
    {
        await using (Open())
        {
        }

        File.SetAttributes(Journals.File, FileAttributes.ReadOnly);

        Assert.Contains("read-only", Refusal(), StringComparison.Ordinal);
        File.SetAttributes(Journals.File, FileAttributes.Normal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        File.WriteAllText(Path.Combine(Journals.Folder, "file"), "");

        Assert.Contains("set journal.path", Refusal(Path.Combine(Journals.Folder, "file", "gateway.db")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(Journals.File);

        Assert.Contains("cannot be opened", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_folder_is_made()
    {
        var path = Path.Combine(Journals.Folder, "a", "b", "gateway.db");
        Open(options => options with { Path = path });

        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_file_is_refused_until_the_first_has_ended()
    {
        var first = Open();
        var link = Path.Combine(Journals.Folder, "link.db");
        File.CreateSymbolicLink(link, Journals.File);

        Assert.Contains("another gateway", Refusal(), StringComparison.Ordinal);
        Assert.Contains("another gateway", Refusal(link), StringComparison.Ordinal);

        await first.DisposeAsync();
        Assert.Equal(AppendStatus.Accepted, (await Append(Open(), Event(1))).Status);
    }

    private string Refusal(string? path = null)
    {
        var message = Assert.Throws<JournalUnavailableException>(() => { Open(options => options with { Path = path ?? options.Path }); }).Message;
        Assert.Contains(Path.GetFileName(Journals.File), message, StringComparison.Ordinal);
        return message;
    }
}
