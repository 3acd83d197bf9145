using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Repeats of known events: whose key it is, and back to life with what died of that event.</summary>
/// <param name="database">Where to.</param>
/// <param name="woken">Told after the commit which consumers have new work.</param>
internal sealed class PostgresDuplicates(PostgresDatabase database, Action<IEnumerable<string>> woken)
{
    // Of the events in i, sorted.
    private static readonly string Revived =
        $"""
        UPDATE delivery AS d SET
          state = CASE WHEN dead.late THEN 3 ELSE 0 END,
          due_at = CASE WHEN dead.late THEN d.due_at ELSE {PostgresSql.Now} END,
          queued_at = CASE WHEN dead.late THEN d.queued_at ELSE {PostgresSql.Now} END,
          settled_at = CASE WHEN dead.late THEN {PostgresSql.Now} END
        FROM dead
        WHERE {PostgresSql.Among("d.event_id", "(SELECT ids FROM i)")}
          AND d.event_id = dead.event_id AND d.consumer = dead.consumer AND d.replay = dead.replay AND d.state + 0 = 2
        RETURNING d.consumer, d.state
        """;

    /// <summary>Brings an event's dead deliveries back to pending.</summary>
    public async Task ReviveAsync(Guid eventId, CancellationToken cancellationToken) => woken(await database.BusyAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);

            // The event is locked against being pruned meanwhile.
            batch.Add(
                $"""
                WITH i AS MATERIALIZED (SELECT ARRAY[$2] AS ids),
                dead AS MATERIALIZED (
                  SELECT d.event_id, d.consumer, d.replay, false AS late
                  FROM event AS e JOIN delivery AS d ON d.event_id = e.id AND d.event_id = $2 AND d.state + 0 = 2
                  WHERE e.id = $2 ORDER BY d.event_id, d.consumer, d.replay FOR UPDATE OF d FOR KEY SHARE OF e)
                {Revived}
                """).With(database.Now).With(eventId);
            await using var row = await batch.ExecuteReaderAsync(token);
            return await WokenAsync(row, token);
        },
        cancellationToken));

    /// <summary>Finds the events that hold the keys, and revives what died of them; what is superseded by now ends as that.</summary>
    public async Task WriteAsync(List<AppendWrite> slice)
    {
        var revived = await database.BusyAsync(
            async (connection, token) =>
            {
                var holders = new Guid?[slice.Count];
                await using var batch = Batch(connection, slice);
                await using var row = await batch.ExecuteReaderAsync(token);
                while (await row.ReadAsync(token))
                    holders[row.GetInt64(0) - 1] = row.GetGuid(1);

                for (var i = 0; i < holders.Length; i++)
                {
                    slice[i].Result = holders[i] is { } id
                        ? new AppendResult(AppendStatus.Duplicate, id)
                        : new AppendResult(AppendStatus.Unavailable, Guid.Empty, "The event's key was forgotten at this moment: it is new when it comes again.");
                }

                await row.NextResultAsync(token);
                return await WokenAsync(row, token);
            },
            CancellationToken.None);
        database.Health.Written();
        woken(revived);
    }

    private NpgsqlBatch Batch(NpgsqlConnection connection, List<AppendWrite> slice)
    {
        var batch = new NpgsqlBatch(connection);
        batch.Add(
            """
            SELECT x.number, k.event_id FROM unnest($1, $2) WITH ORDINALITY AS x(updated_at, digest, number)
            CROSS JOIN LATERAL (SELECT event_id FROM event_key AS k WHERE k.updated_at = x.updated_at AND k.digest = x.digest OFFSET 0) AS k
            """)
            .With(slice.Select(write => write.Event.Key.UpdatedAtMs).ToArray())
            .With(slice.Select(write => PostgresSql.Uuid(write.Event.Key.Digest)).ToArray());

        var keys = slice.Select(write => (At: write.Event.Key.UpdatedAtMs, Digest: PostgresSql.Uuid(write.Event.Key.Digest))).Distinct().ToArray();
        var wanted = slice
            .Where(write => TaskIdentity.Of(write.Event).UpdatedUs is not null && write.Event.Envelope.TaskId is not null)
            .SelectMany(write => write.Deliveries.Where(delivery => delivery.NewestOnly), (write, delivery) => (write.Event, delivery.Consumer))
            .ToArray();
        batch.Add(
            $"""
            WITH k AS MATERIALIZED (
              SELECT x.updated_at, x.digest, k.event_id FROM unnest($2, $3) AS x(updated_at, digest)
              CROSS JOIN LATERAL (SELECT event_id FROM event_key AS k WHERE k.updated_at = x.updated_at AND k.digest = x.digest OFFSET 0) AS k),
            i AS MATERIALIZED (SELECT array_agg(event_id ORDER BY event_id) AS ids FROM k),
            dead AS MATERIALIZED (
              SELECT d.event_id, d.consumer, d.replay, EXISTS(
                SELECT 1 FROM unnest($4, $5, $6, $7, $8) AS w(updated_at, digest, consumer, stage, updated_us)
                CROSS JOIN LATERAL (
                  SELECT 1 FROM newest AS n WHERE n.consumer = w.consumer AND n.digest = w.stage AND n.updated_us > w.updated_us OFFSET 0) AS n
                WHERE w.updated_at = k.updated_at AND w.digest = k.digest AND w.consumer = d.consumer) AS late
              FROM k JOIN event AS e ON e.id = k.event_id JOIN delivery AS d ON d.event_id = e.id AND d.state + 0 = 2
              WHERE {PostgresSql.Among("e.id", "(SELECT ids FROM i)")} AND {PostgresSql.Among("d.event_id", "(SELECT ids FROM i)")}
              ORDER BY d.event_id, d.consumer, d.replay FOR UPDATE OF d FOR KEY SHARE OF e)
            {Revived}
            """)
            .With(database.Now)
            .With(Array.ConvertAll(keys, key => key.At)).With(Array.ConvertAll(keys, key => key.Digest))
            .With(Array.ConvertAll(wanted, one => one.Event.Key.UpdatedAtMs))
            .With(Array.ConvertAll(wanted, one => PostgresSql.Uuid(one.Event.Key.Digest)))
            .With(Array.ConvertAll(wanted, one => one.Consumer))
            .With(Array.ConvertAll(wanted, one => PostgresSql.Uuid(TaskIdentity.AtStage(one.Event)!.Value)))
            .With(Array.ConvertAll(wanted, one => TaskIdentity.Of(one.Event).UpdatedUs!.Value));
        return batch;
    }

    private static async Task<HashSet<string>> WokenAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var consumers = new HashSet<string>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
        {
            if (row.GetInt16(1) == (short)DeliveryState.Pending)
                consumers.Add(row.GetString(0));
        }

        return consumers;
    }
}
