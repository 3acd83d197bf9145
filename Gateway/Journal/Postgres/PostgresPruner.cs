using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// Forgets: whole spans of events by dropping their partitions, what is left of older spans row by row, then keys. Events with
/// a pending delivery stay; dead letters and quarantined events have a term of their own.
/// </summary>
internal sealed class PostgresPruner(PostgresDatabase database, Func<Retention> retention)
{
    /// <summary>Events or keys in one transaction: some tens of milliseconds.</summary>
    private const int StepRows = 500;

    // Every other gateway looks each second at what is forgotten. A key goes when they all must have seen it.
    private const long Grace = 5 * 60 * 1000;

    private const string Default = "default";

    // Waiting for a lock holds up everybody behind; the next pass is minutes away.
    private const string NotForLong = "SET LOCAL lock_timeout = '500ms'";

    // What keeps an event: $1 is now, $2 the cutoff of dead letters.
    private const string IsKept =
        """
        ((e.disposition = 2 AND e.received_at >= $2) OR EXISTS(
          SELECT 1 FROM delivery AS d WHERE d.event_id = e.id AND (d.state = 0 OR d.lease_until > $1 OR (d.state = 2 AND d.settled_at >= $2))))
        """;

    /// <summary>One pass. The caller has seen to it that nobody else makes one.</summary>
    public async Task PassAsync(NpgsqlConnection connection, long now, CancellationToken cancellationToken)
    {
        var terms = retention();
        var events = now - (long)terms.Events.TotalMilliseconds;
        var dead = now - (long)terms.DeadLetters.TotalMilliseconds;
        foreach (var (name, _, end, attached) in await PostgresPartitions.SpansAsync(connection, cancellationToken))
        {
            if (end > events)
                break;

            if (attached)
                await PruneAsync(connection, name, now, events, dead, cancellationToken);

            await DropAsync(connection, name, attached, cancellationToken);
        }

        await PruneAsync(connection, Default, now, events, dead, cancellationToken);
        await PruneKeysAsync(connection, now, now - (long)terms.Keys.TotalMilliseconds, cancellationToken);
        await DeleteAsync(
            connection,
            "DELETE FROM replica WHERE seen_at < $1",
            command => command.With(now - (long)(100 * PostgresReplicas.Patience.TotalMilliseconds)),
            cancellationToken);
    }

    private static async Task PruneAsync(NpgsqlConnection connection, string name, long now, long events, long dead, CancellationToken cancellationToken)
    {
        // A span without anything that keeps it goes whole, without a row of it being written.
        var after = Guid.Empty;
        while (name == Default || await HasKeptAsync(connection, name, now, dead, cancellationToken))
        {
            var ids = new List<Guid>();
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.Add($"SELECT e.id FROM event_{name} AS e WHERE e.id > $3 AND e.received_at < $4 AND NOT {IsKept} ORDER BY e.id LIMIT {StepRows} FOR UPDATE SKIP LOCKED")
                    .With(now).With(dead).With(after).With(events);
                await using var row = await batch.ExecuteReaderAsync(cancellationToken);
                while (await row.ReadAsync(cancellationToken))
                    ids.Add(row.GetGuid(0));
            }

            if (ids.Count == 0)
                return;

            // A second look: one that was revived or replayed before the lock was taken has something that keeps it now.
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.Add(
                    $"""
                    WITH gone AS MATERIALIZED (SELECT e.id FROM event AS e WHERE e.id = ANY($3) AND NOT {IsKept}),
                    p AS (DELETE FROM payload WHERE event_id IN (SELECT id FROM gone)),
                    a AS (DELETE FROM attempt WHERE event_id IN (SELECT id FROM gone)),
                    d AS (DELETE FROM delivery WHERE event_id IN (SELECT id FROM gone))
                    DELETE FROM event WHERE id IN (SELECT id FROM gone)
                    """).With(now).With(dead).With(ids.ToArray());
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            Checkpoints.Reach(Checkpoints.Pruning);
            await transaction.CommitAsync(cancellationToken);
            if (ids.Count < StepRows)
                return;

            after = ids[^1];
        }
    }

    // The same as IsKept of any event, by the indexes of what is open alone.
    private static async Task<bool> HasKeptAsync(NpgsqlConnection connection, string name, long now, long dead, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            $"""
            SELECT EXISTS(SELECT 1 FROM delivery_{name} WHERE state = 0)
              OR EXISTS(SELECT 1 FROM delivery_{name} WHERE state = 2 AND settled_at >= $2)
              OR EXISTS(SELECT 1 FROM delivery_{name} WHERE ended_in_flight AND lease_until > $1)
              OR EXISTS(SELECT 1 FROM event_{name} WHERE disposition IN (1, 2) AND disposition = 2 AND received_at >= $2)
            """).With(now).With(dead);
        return (bool)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Drops a span, unless something in it is still to be kept.</summary>
    private async Task DropAsync(NpgsqlConnection connection, string name, bool attached, CancellationToken cancellationToken)
    {
        if (!attached)
        {
            await DeleteAsync(connection, "DELETE FROM span WHERE name = $1", command => command.With(name), cancellationToken);
            return;
        }

        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.Add(NotForLong);
                batch.Add($"LOCK TABLE {string.Join(", ", PostgresPartitions.Tables.Select(table => $"{table}_{name}"))} IN ACCESS EXCLUSIVE MODE");
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            // Looked at under the lock: a replay may have been in between.
            var now = await NowAsync(connection, database.Now, cancellationToken);
            if (await HasKeptAsync(connection, name, now, now - (long)retention().DeadLetters.TotalMilliseconds, cancellationToken))
                return;

            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.Add($"DROP TABLE {string.Join(", ", PostgresPartitions.Tables.Select(table => $"{table}_{name}"))}");
                batch.Add("DELETE FROM span WHERE name = $1").With(name);
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            Checkpoints.Reach(Checkpoints.Pruning);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (PostgresFaults.Classify(exception) == PostgresFault.Again)
        {
            // Somebody reads it for long (a backup?). Until the next pass, then.
        }
    }

    /// <summary>Unix milliseconds.</summary>
    public static async Task<long> NowAsync(NpgsqlConnection connection, long? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add($"SELECT {PostgresSql.Now}").With(now);
        return (long)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    // Keys without a readable updatedAt (0) are kept for ever: nothing else would tell a repeat of such an event.
    private static async Task PruneKeysAsync(NpgsqlConnection connection, long now, long cutoff, CancellationToken cancellationToken)
    {
        // $1 is the end of what is forgotten, $2 the cutoff.
        const string old = "k.updated_at <> 0 AND k.updated_at < $1 AND k.seen_at < $2 AND NOT EXISTS(SELECT 1 FROM event AS e WHERE e.id = k.event_id)";
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.Add("SELECT coalesce(max(updated_at), $2) FROM forgotten WHERE moved_at <= $1").With(now - Grace).With(long.MinValue);
            var forgotten = (long)(await batch.ExecuteScalarAsync(cancellationToken))!;
            if (forgotten > long.MinValue)
                await ForgetAsync(connection, old, forgotten, cutoff, cancellationToken);
        }

        // Only when there is something to forget, and not again before the last move has had its effect.
        await using var move = new NpgsqlBatch(connection);
        move.Add($"UPDATE forgotten SET updated_at = $1, moved_at = $3 WHERE updated_at < $1 AND moved_at <= $4 AND EXISTS(SELECT 1 FROM event_key AS k WHERE {old})")
            .With(cutoff).With(cutoff).With(now).With(now - Grace);
        await move.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, string old, long forgotten, long cutoff, CancellationToken cancellationToken)
    {
        await DeleteAsync(
            connection,
            $"DELETE FROM event_key WHERE (updated_at, digest) IN (SELECT k.updated_at, k.digest FROM event_key AS k WHERE {old} ORDER BY k.updated_at LIMIT {StepRows})",
            command => command.With(forgotten).With(cutoff),
            cancellationToken);

        // What is older than the keys' memory is quarantined when it comes again: nothing is left to be superseded by these.
        await DeleteAsync(
            connection,
            $"DELETE FROM newest WHERE (consumer, digest) IN (SELECT consumer, digest FROM newest WHERE updated_us < $1 ORDER BY updated_us LIMIT {StepRows})",
            command => command.With(forgotten * 1000),
            cancellationToken);
    }

    /// <summary>In small transactions, until nothing is left.</summary>
    private static async Task DeleteAsync(NpgsqlConnection connection, string sql, Action<NpgsqlBatchCommand> bind, CancellationToken cancellationToken)
    {
        for (var deleted = StepRows; deleted == StepRows;)
        {
            await using var batch = new NpgsqlBatch(connection);
            bind(batch.Add(sql));
            deleted = await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
