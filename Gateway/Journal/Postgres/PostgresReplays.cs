using System.Text.Json;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Replays: the jobs' rows, and which of them this gateway carries out.</summary>
internal static class PostgresReplays
{
    private const string Columns = "id, terms, total, done, skipped, state, started_at, cursor, last_seq";
    private const int Kept = 100;

    // A gateway steps every tenth of a second; one that has not for so long is gone.
    private const long Turn = 10_000;

    /// <summary>Stores a job over everything up to now.</summary>
    public static async Task<ReplayJob> StartAsync(NpgsqlConnection connection, ReplayJob job, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            """
            INSERT INTO replay(id, started_at, terms, last_seq, cursor, total, done, skipped, state)
            SELECT $1, $2, $3, coalesce(max(seq), 0), 0, $4, 0, 0, 0 FROM event
            """)
            .With(job.Id).With(job.StartedAt.ToUnixTimeMilliseconds()).With(JsonSerializer.Serialize(job.Order)).With(job.Total);
        batch.Add($"DELETE FROM replay WHERE state <> 0 AND number <= (SELECT number FROM replay ORDER BY number DESC LIMIT 1 OFFSET {Kept})");
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return job;
    }

    public static async Task<List<ReplayJob>> AllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add($"SELECT {Columns} FROM replay ORDER BY state <> 0, number DESC LIMIT {Kept}");
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<ReplayJob>();
        while (await row.ReadAsync(cancellationToken))
            jobs.Add(Read(row).Job);

        return jobs;
    }

    public static async Task<ReplayJob?> CancelAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("UPDATE replay SET state = 2 WHERE id = $1 AND state = 0").With(id);
        batch.Add($"SELECT {Columns} FROM replay WHERE id = $1").With(id);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? Read(row).Job : null;
    }

    /// <summary>Locks a job for the transaction. One that another gateway carries out is only looked at: its rate is for all together.</summary>
    /// <returns>Null when there is none; and whether it is this gateway's to go on with.</returns>
    public static async Task<(Progress? Progress, bool IsMine)> TakeAsync(
        NpgsqlConnection connection, Guid id, Guid owner, long? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            $"""
            UPDATE replay SET owner = $3, owner_until = {PostgresSql.Now} + {Turn}
            WHERE id = $2 AND state = 0 AND (owner = $3 OR owner_until <= {PostgresSql.Now})
            """).With(now).With(id).With(owner);
        batch.Add($"SELECT {Columns}, coalesce(owner = $2, false) FROM replay WHERE id = $1 FOR UPDATE").With(id).With(owner);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return (null, false);

        var progress = Read(row);
        return (progress, progress.Job.State == ReplayState.Running && row.GetBoolean(9));
    }

    public static void AddProgress(NpgsqlBatch batch, ReplayJob job, long cursor) => batch
        .Add("UPDATE replay SET cursor = $2, done = $3, skipped = $4, state = $5 WHERE id = $1")
        .With(job.Id).With(cursor).With(job.Done).With(job.Skipped).With((short)job.State);

    /// <summary>
    /// The next items, oldest first. All items of an event come together, so that a step never sees what an earlier one has
    /// made of the same event.
    /// </summary>
    public static async Task<List<ReplayItem>> NextAsync(NpgsqlConnection connection, Progress progress, int limit, CancellationToken cancellationToken)
    {
        var order = progress.Job.Order;
        var filter = order.Filter with { State = order.Filter.State ?? ItemState.Dead };
        var items = await ItemsAsync(connection, filter, progress.Cursor, progress.LastSeq, limit + 1, cancellationToken);
        if (items.Count <= limit)
            return items;

        var last = items[^1].Seq;
        items.RemoveAll(item => item.Seq == last);
        if (items.Count == 0)
            items = await ItemsAsync(connection, filter, last - 1, last, int.MaxValue, cancellationToken);

        return items;
    }

    /// <summary>Matching items of events after one number up to another, oldest first.</summary>
    public static async Task<List<ReplayItem>> ItemsAsync(
        NpgsqlConnection connection, JournalFilter filter, long after, long last, int limit, CancellationToken cancellationToken)
    {
        var terms = new PostgresFilter(filter);
        terms.Between(after, last);
        var own = terms.OfEvents ? "NULL, 0, 0::smallint" : "d.consumer, d.replay, d.state";
        await using var batch = new NpgsqlBatch(connection);
        terms.Bind(batch.Add(
            $"SELECT e.seq, {own}, {PostgresEvents.Columns} FROM {terms.From} WHERE {terms.Where} ORDER BY {terms.Seq} LIMIT {terms.Next}")).With((long)limit);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var items = new List<ReplayItem>();
        while (await row.ReadAsync(cancellationToken))
            items.Add(new(row.GetInt64(0), row.Text(1), row.GetInt32(2), (DeliveryState)row.GetInt16(3), PostgresEvents.Read(row, 4)));

        return items;
    }

    private static Progress Read(NpgsqlDataReader row) => new(
        new ReplayJob(
            row.GetGuid(0), JsonSerializer.Deserialize<ReplayOrder>(row.GetString(1))!, row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
            (ReplayState)row.GetInt16(5), row.Time(6)),
        row.GetInt64(7),
        row.GetInt64(8));

    /// <param name="Job">As an operator sees it.</param>
    /// <param name="Cursor">Number of the last event done.</param>
    /// <param name="LastSeq">Number of the last event that belongs to it.</param>
    internal sealed record Progress(ReplayJob Job, long Cursor, long LastSeq);
}
