using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Repeats of known events: whose key it is, and back to life with what died of that event.</summary>
/// <param name="database">Where to.</param>
/// <param name="woken">Told after the commit which consumers have new work.</param>
internal sealed class PostgresDuplicates(PostgresDatabase database, Action<IEnumerable<string>> woken)
{
    private const string Ids = "(SELECT ids FROM i)";

    private const string IsOvertaken =
        "(((d.event_id, d.consumer, d.replay) IN (SELECT event_id, consumer, replay FROM newer WHERE newer.updated_us > newer.own)) = true)";

    /// <remarks>
    /// Of the events in i, sorted. The events are locked against being pruned meanwhile; the rows of newest against moving,
    /// so that an event which overtakes one of these is either seen here, or sees it pending.
    /// </remarks>
    private static readonly string Revived =
        $"""
        dead AS MATERIALIZED (
          SELECT d.event_id, d.consumer, d.replay, d.stage, d.updated_us
          FROM event AS e JOIN delivery AS d ON d.event_id = e.id AND d.state + 0 = 2
          WHERE {PostgresSql.Among("e.id", Ids)} AND {PostgresSql.Among("d.event_id", Ids)}
          ORDER BY d.event_id, d.consumer, d.replay FOR UPDATE OF d FOR KEY SHARE OF e),
        newer AS MATERIALIZED (
          SELECT x.event_id, x.consumer, x.replay, x.updated_us AS own, n.updated_us
          FROM (SELECT * FROM dead WHERE updated_us > {PostgresSql.Untimed} ORDER BY consumer, stage OFFSET 0) AS x
          CROSS JOIN LATERAL (SELECT n.updated_us FROM newest AS n WHERE n.consumer = x.consumer AND n.digest = x.stage OFFSET 0 FOR SHARE) AS n)
        UPDATE delivery AS d SET
          state = CASE WHEN {IsOvertaken} THEN 3 ELSE 0 END,
          due_at = CASE WHEN {IsOvertaken} THEN d.due_at ELSE {PostgresSql.Now} END,
          queued_at = CASE WHEN {IsOvertaken} THEN d.queued_at ELSE {PostgresSql.Now} END,
          settled_at = CASE WHEN {IsOvertaken} THEN {PostgresSql.Now} END
        FROM dead
        WHERE {PostgresSql.Among("d.event_id", Ids)}
          AND d.event_id = dead.event_id AND d.consumer = dead.consumer AND d.replay = dead.replay AND d.state + 0 = 2
        RETURNING d.consumer, d.state
        """;

    /// <summary>Brings an event's dead deliveries back to pending; what is overtaken by now ends as superseded.</summary>
    public async Task ReviveAsync(Guid eventId, CancellationToken cancellationToken) => Tell(await database.BusyAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add($"WITH i AS MATERIALIZED (SELECT ARRAY[$2] AS ids), {Revived}").With(database.Now).With(eventId);
            await using var row = await batch.ExecuteReaderAsync(token);
            return await ReadAsync(row, token);
        },
        cancellationToken));

    /// <summary>Finds the events that hold the keys, and revives what died of them.</summary>
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
                return await ReadAsync(row, token);
            },
            CancellationToken.None);
        database.Health.Written();
        Tell(revived);
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
        batch.Add(
            $"""
            WITH i AS MATERIALIZED (
              SELECT array_agg(k.event_id ORDER BY k.event_id) AS ids FROM unnest($2, $3) AS x(updated_at, digest)
              CROSS JOIN LATERAL (SELECT event_id FROM event_key AS k WHERE k.updated_at = x.updated_at AND k.digest = x.digest OFFSET 0) AS k),
            {Revived}
            """)
            .With(database.Now)
            .With(Array.ConvertAll(keys, key => key.At)).With(Array.ConvertAll(keys, key => key.Digest));
        return batch;
    }

    private static async Task<List<(string Consumer, DeliveryState State)>> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var changed = new List<(string, DeliveryState)>();
        while (await row.ReadAsync(cancellationToken))
            changed.Add((row.GetString(0), (DeliveryState)row.GetInt16(1)));

        return changed;
    }

    private void Tell(List<(string Consumer, DeliveryState State)> changed)
    {
        var ends = new PostgresEnds();
        foreach (var (consumer, state) in changed.Where(row => row.State != DeliveryState.Pending))
            ends.Add(consumer, state);

        ends.Committed();
        woken(changed.Where(row => row.State == DeliveryState.Pending).Select(row => row.Consumer).Distinct(StringComparer.Ordinal));
    }
}
