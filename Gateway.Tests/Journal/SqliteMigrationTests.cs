using AngoGateway.Journal;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteMigrationTests : SqliteTest
{
    [Fact]
    public async Task A_file_of_the_first_schema_keeps_its_deliveries_and_gets_their_order()
    {
        var (early, late, dead) = (Event(1), Event(2), Event(3));
        MakeFirst(connection =>
        {
            Old(connection, 1, late.Id, "2026-03-01T12:00:00.5Z", "pending", state: 0);
            Old(connection, 2, early.Id, "2026-03-01T12:00:00.25+01:00", "pending", state: 0);
            Old(connection, 3, dead.Id, "soon", "other", state: 2);
        });

        var journal = Open();

        Assert.Equal(SqliteSchema.Newest, Journals.Number("PRAGMA user_version"));
        var first = Assert.Single(await journal.ClaimAsync("pending", 10, inTaskOrder: true, default));
        Assert.Equal(early.Id, first.Event.Id);
        Assert.Equal(TaskIdentity.Of(first.Event).UpdatedUs, Journals.Number("SELECT updated_us FROM delivery WHERE event_seq = 2"));
        Assert.True(await journal.SettleAsync(first, Delivered, default));
        Assert.Equal(late.Id, Assert.Single(await journal.ClaimAsync("pending", 10, inTaskOrder: true, default)).Event.Id);
        Assert.Equal([("other", 0, 1), ("pending", 1, 0)], (await journal.BacklogsAsync(default)).Select(row => (row.Consumer, (int)row.Pending, (int)row.Dead)));
        await journal.ReviveAsync(dead.Id, default);
        Assert.Equal(dead.Id, (await ClaimOne(journal, "other")).Event.Id);
        Assert.Equal("ok", Journals.Scalar("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Replays_and_lanes_outlive_the_process()
    {
        var state = new LaneState(OpenSince: Time.GetUtcNow());
        Guid id;
        await using (var journal = Open())
        {
            for (var task = 0; task < 3; task++)
                await Append(journal, Event(task), "a");
            foreach (var delivery in await journal.ClaimAsync("a", 10, inTaskOrder: false, default))
                await journal.SettleAsync(delivery, Settled(DeliveryState.Dead), default);
            await journal.SetOpenAsync("a", state.OpenSince, default);
            id = (await journal.StartReplayAsync(new ReplayOrder(new JournalFilter(Orphaned: ["b"]), Rate: 7), default)).Id;
            await journal.StepReplayAsync(id, 1, _ => [], default);
        }

        var reopened = Open();
        var job = Assert.Single(await reopened.ReplaysAsync(default));
        Assert.Equal((1L, 7, ReplayState.Running, state), (job.Done, job.Order.Rate, job.State, reopened.Lane("a")));
        for (var step = 0; step < 3; step++)
            job = await reopened.StepReplayAsync(id, 10, _ => [], default);
        Assert.Equal((3L, ReplayState.Done), (job.Done, job.State));
        Assert.Equal(3, (await reopened.ClaimAsync("a", 10, inTaskOrder: false, default)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_claim_is_a_seek_without_a_sort(bool oneOfTask)
    {
        using var journal = SqliteSchema.OpenForWriting(Journals.File);
        foreach (var due in new[] { "due_at = 0", "due_at > 0 AND due_at <= ?3", "due_at >= 0" })
        {
            var plan = new List<string>();
            using var explain = new SqliteStatement(journal, "EXPLAIN QUERY PLAN " + SqliteClaims.Ranges(due, oneOfTask));
            while (explain.Step())
                plan.Add(explain.Text(3)!);

            Assert.Contains(plan, step => step.Contains("delivery_due (consumer=? AND held=? AND due_at", StringComparison.Ordinal));
            Assert.DoesNotContain(plan, step => step.Contains("SCAN", StringComparison.Ordinal) || step.Contains("TEMP B-TREE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Only_sampled_events_are_indexed_by_task_and_the_previous_one_is_a_seek()
    {
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0";
        var journal = Open();
        for (var flags = 0; flags < 4; flags++)
            await Append(journal, Event(flags) with { TraceParent = $"{parent}{flags}" });
        await Append(journal, Event(4));

        Assert.Equal(2, Journals.Number("SELECT count(*) FROM event INDEXED BY event_traced WHERE task IS NOT NULL AND trace_parent GLOB '*-?[13579bdf]'"));
        using var connection = new SqliteConnection($"Data Source={Journals.File};Pooling=false");
        await connection.OpenAsync();
        var plan = new List<string>();
        using var explain = new SqliteStatement(connection, "EXPLAIN QUERY PLAN " + SqliteTraces.Previous);
        while (explain.Step())
            plan.Add(explain.Text(3)!);
        Assert.Contains(plan, step => step.Contains("event_traced (task=? AND source=? AND project=? AND rowid<?)", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, step => step.Contains("SCAN", StringComparison.Ordinal) || step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dead_letters_and_quarantined_events_leave_after_a_term_of_their_own()
    {
        var journal = Open();
        await Append(journal, Event(1), "a");
        await journal.SettleAsync(await ClaimOne(journal, "a"), Settled(DeliveryState.Dead), default);
        await Append(journal, Event(2, Disposition.Quarantined));

        Time.Advance(TimeSpan.FromDays(90));
        await journal.PruneAsync();
        Assert.Equal(2, Journals.Number("SELECT count(*) FROM event"));

        Time.Advance(TimeSpan.FromMilliseconds(1));
        await journal.PruneAsync();
        Assert.Equal(0, Journals.Number("SELECT count(*) FROM event"));
        Assert.Equal(2, Journals.Number("SELECT count(*) FROM event_key"));
        Assert.Equal(0, Assert.Single(await journal.BacklogsAsync(default)).Dead);
    }

    private void MakeFirst(Action<SqliteConnection> fill)
    {
        using var connection = new SqliteConnection($"Data Source={Journals.File};Pooling=false");
        connection.Open();
        using var reader = new StreamReader(
            typeof(SqliteSchema).Assembly.GetManifestResourceStream("migrations/001-journal.sql")!);
        Execute(connection, $"PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; {reader.ReadToEnd()}; PRAGMA user_version=1");
        fill(connection);
    }

    private static void Old(SqliteConnection connection, int seq, Guid id, string updatedAt, string consumer, int state) => Execute(
        connection,
        $"""
        INSERT INTO event(seq, id, key_updated_at, key_digest, key_by_content, received_at, source, project, task, updated_at, disposition, size)
        VALUES({seq}, x'{Convert.ToHexString(id.ToByteArray(bigEndian: true))}', 0, zeroblob(16), 0, 1, 'ango', 'p', 't', '{updatedAt}', 0, 2);
        INSERT INTO payload VALUES({seq}, x'7b7d');
        INSERT INTO delivery VALUES({seq}, '{consumer}', 0, {state}, 0, 0, 1, NULL);
        """);

}
