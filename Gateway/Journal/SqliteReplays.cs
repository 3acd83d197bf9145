using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>Replays: the jobs' rows, what is next, and the step that carries it out.</summary>
internal static class SqliteReplays
{
    private const string Columns = "id, terms, total, done, skipped, state, started_at, cursor, last_seq";
    private const int Kept = 100;

    /// <summary>The writer's: stores a job over everything up to now.</summary>
    public static ReplayJob Start(SqliteConnection connection, SqliteRows rows, ReplayJob job)
    {
        using var insert = new SqliteStatement(connection,
            """
            INSERT INTO replay(id, started_at, terms, last_seq, cursor, total, done, skipped, state)
            VALUES(?, ?, ?, ?, 0, ?, 0, 0, 0)
            """);
        insert.With(job.Id).With(job.StartedAt).With(JsonSerializer.Serialize(job.Order)).With(rows.LastSeq).With(job.Total).Run();
        SqliteSchema.Execute(connection,
            $"DELETE FROM replay WHERE state <> 0 AND number <= (SELECT number FROM replay ORDER BY number DESC LIMIT 1 OFFSET {Kept})");
        return job;
    }

    public static List<ReplayJob> All(SqliteConnection connection)
    {
        using var rows = new SqliteStatement(connection, $"SELECT {Columns} FROM replay ORDER BY state <> 0, number DESC LIMIT {Kept}");
        var jobs = new List<ReplayJob>();
        while (rows.Step())
            jobs.Add(Read(rows).Job);

        return jobs;
    }

    public static Progress? Find(SqliteConnection connection, Guid id)
    {
        using var row = new SqliteStatement(connection, $"SELECT {Columns} FROM replay WHERE id = ?");
        return row.With(id).Step() ? Read(row) : null;
    }

    /// <summary>The writer's.</summary>
    public static ReplayJob? Cancel(SqliteConnection connection, Guid id)
    {
        using var update = new SqliteStatement(connection, "UPDATE replay SET state = 2 WHERE id = ? AND state = 0");
        update.With(id).Run();
        return Find(connection, id)?.Job;
    }

    /// <summary>
    /// The next items, oldest first. All items of an event come together, so that a step never sees what an earlier one has
    /// made of the same event.
    /// </summary>
    public static List<ReplayItem> Next(SqliteConnection connection, Progress progress, int limit)
    {
        var order = progress.Job.Order;
        var filter = order.Filter with { State = order.Filter.State ?? ItemState.Dead };
        var items = Items(connection, filter, progress.Cursor, progress.LastSeq, limit + 1);
        if (items.Count <= limit)
            return items;

        var last = items[^1].Seq;
        items.RemoveAll(item => item.Seq == last);
        if (items.Count == 0)
            items = Items(connection, filter, last - 1, last, int.MaxValue);

        return items;
    }

    /// <summary>The writer's: does what is planned and moves the job on; nothing when another step was quicker.</summary>
    public static ReplayJob? Step(
        SqliteConnection connection, SqliteRows rows, Progress progress, IReadOnlyList<PlannedReplay> plan, DateTimeOffset now, List<string> woken)
    {
        var current = Find(connection, progress.Job.Id);
        if (current is null || current.Job.State != ReplayState.Running || current.Cursor != progress.Cursor)
            return current?.Job;

        var done = 0;
        foreach (var replay in plan)
            done += Replay(connection, rows, replay, now, woken) ? 1 : 0;

        var job = current.Job with
        {
            Done = current.Job.Done + done,
            Skipped = current.Job.Skipped + plan.Count - done,
            State = plan.Count == 0 ? ReplayState.Done : ReplayState.Running,
        };
        using var update = new SqliteStatement(connection, "UPDATE replay SET cursor = ?, done = ?, skipped = ?, state = ? WHERE id = ?");
        update.With(plan.Count == 0 ? current.Cursor : plan[^1].Item.Seq).With(job.Done).With(job.Skipped).With((long)job.State).With(job.Id).Run();
        return job;
    }

    private static bool Replay(SqliteConnection connection, SqliteRows rows, PlannedReplay replay, DateTimeOffset now, List<string> woken)
    {
        var item = replay.Item;
        var identity = TaskIdentity.Of(item.Event);

        // The item may have changed since it was looked up, and no longer need this.
        if (item.Consumer is { } own ? !rows.IsIn(item.Seq, own, item.Replay, item.State) : !rows.IsKept(item.Seq))
            return false;

        var free = replay.Targets
            .Where(target => replay.Gives(target.Consumer, rows.IsPending(item.Seq, target.Consumer), rows.IsDead(item.Seq, target.Consumer)))
            .ToArray();
        if (free.Length == 0)
            return false;

        if (item.Consumer is null)
            rows.Routed(item.Seq);
        else if (replay.Replaces(free))
            rows.End(item.Seq, item.Consumer, item.Replay, identity, item.State, DeliveryState.Replayed, now);

        foreach (var target in free)
        {
            if (rows.Insert(item.Seq, rows.NextReplay(item.Seq, target.Consumer), item.Event, identity, target, now, now) == DeliveryState.Pending)
                woken.Add(target.Consumer);
        }

        return true;
    }

    /// <summary>Matching items of events after one number up to another, oldest first.</summary>
    public static List<ReplayItem> Items(SqliteConnection connection, JournalFilter filter, long after, long last, int limit)
    {
        var terms = new SqliteFilter(filter);
        terms.Between(after, last);
        var own = terms.OfEvents ? "NULL, 0, 0" : "d.consumer, d.replay, d.state";
        using var rows = new SqliteStatement(connection,
            $"SELECT e.seq, {own}, {SqliteEvents.Columns} FROM {terms.From} WHERE {terms.Where} ORDER BY {terms.Seq} LIMIT ?");
        terms.Bind(rows).With(limit);
        var items = new List<ReplayItem>();
        while (rows.Step())
            items.Add(new(rows.Int64(0), rows.Text(1), rows.Int32(2), (DeliveryState)rows.Int32(3), SqliteEvents.Read(rows, 4)));

        return items;
    }

    private static Progress Read(SqliteStatement row) => new(
        new ReplayJob(
            row.Guid(0), JsonSerializer.Deserialize<ReplayOrder>(row.Text(1)!)!, row.Int64(2), row.Int64(3), row.Int64(4),
            (ReplayState)row.Int32(5), row.Time(6)),
        row.Int64(7),
        row.Int64(8));

    /// <param name="Job">As an operator sees it.</param>
    /// <param name="Cursor">Number of the last event done.</param>
    /// <param name="LastSeq">Number of the last event that belongs to it.</param>
    internal sealed record Progress(ReplayJob Job, long Cursor, long LastSeq);
}
