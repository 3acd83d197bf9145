using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Ends what is pending for a consumer that wants the newest only, and is older than this.</summary>
/// <param name="Consumer">Its name.</param>
/// <param name="Task">Of source, project and taskId.</param>
/// <param name="Stage">The same with the stage.</param>
/// <param name="UpdatedUs">Unix microseconds of the newer one.</param>
internal readonly record struct PostgresSuperseding(string Consumer, Guid Task, Guid Stage, long UpdatedUs)
{
    /// <summary>
    /// Notes the newest times. Their rows stay locked until the commit, so that whoever waits for one of them sees in its
    /// next statement what this transaction has written. The batch answers consumer, stage and the newest time.
    /// </summary>
    public static void AddNewest(NpgsqlBatch batch, IReadOnlyCollection<PostgresSuperseding> newer)
    {
        var rows = newer.OrderBy(one => one.Consumer, StringComparer.Ordinal).ThenBy(one => one.Stage).ToArray();
        batch.Add(
            """
            INSERT INTO newest(consumer, digest, updated_us)
            SELECT x.consumer, x.digest, max(x.updated_us) FROM unnest($1, $2, $3) AS x(consumer, digest, updated_us)
            GROUP BY x.consumer, x.digest ORDER BY x.consumer, x.digest
            ON CONFLICT(consumer, digest) DO UPDATE SET updated_us = greatest(newest.updated_us, excluded.updated_us)
            RETURNING consumer, digest, updated_us
            """)
            .With(Array.ConvertAll(rows, one => one.Consumer)).With(Array.ConvertAll(rows, one => one.Stage)).With(Array.ConvertAll(rows, one => one.UpdatedUs));
    }

    /// <summary>The batch answers the consumer of each delivery that has ended.</summary>
    public static void Add(NpgsqlBatch batch, long? now, IReadOnlyCollection<PostgresSuperseding> newer)
    {
        var newest = newer
            .GroupBy(one => (one.Consumer, one.Task, one.Stage))
            .Select(same => new PostgresSuperseding(same.Key.Consumer, same.Key.Task, same.Key.Stage, same.Max(one => one.UpdatedUs)))
            .ToArray();
        batch.Add(
            $"""
            WITH old AS MATERIALIZED (
              SELECT d.event_id, d.consumer, d.replay
              FROM unnest($2, $3, $4, $5) AS w(consumer, task, stage, updated_us)
              JOIN delivery AS d ON d.consumer || '' = w.consumer AND d.task = w.task AND d.task = ANY($3) AND d.state + 0 = 0
                AND d.updated_us > {PostgresSql.Untimed} AND d.updated_us < w.updated_us AND d.stage = w.stage
              ORDER BY d.event_id, d.consumer, d.replay FOR UPDATE OF d),
            i AS MATERIALIZED (SELECT array_agg(event_id ORDER BY event_id) AS ids FROM old)
            UPDATE delivery AS d
            SET state = 3, settled_at = {PostgresSql.Now}, ended_in_flight = d.lease_until > {PostgresSql.Now}
            FROM old
            WHERE {PostgresSql.Among("d.event_id", "(SELECT ids FROM i)")}
              AND d.event_id = old.event_id AND d.consumer = old.consumer AND d.replay = old.replay
            RETURNING d.consumer
            """)
            .With(now)
            .With(Array.ConvertAll(newest, one => one.Consumer)).With(Array.ConvertAll(newest, one => one.Task))
            .With(Array.ConvertAll(newest, one => one.Stage)).With(Array.ConvertAll(newest, one => one.UpdatedUs));
    }
}
