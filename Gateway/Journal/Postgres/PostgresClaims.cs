using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Leases what a lane may have. Expired leases are as free as none: nothing has to sweep them.</summary>
/// <remarks>
/// Each look is a seek into delivery_due and a read of as many rows as are wanted, plus those in somebody's hands. In task
/// order also those that others of their task hold back, each a seek into delivery_task.
/// </remarks>
internal sealed class PostgresClaims(PostgresDatabase database, Guid owner, TimeProvider timeProvider)
{
    private const string Clock = $"clock AS MATERIALIZED (SELECT {PostgresSql.Now} AS now)";
    private const string Time = "(SELECT now FROM clock)";
    private const string Ids = "(SELECT ids FROM i)";

    // Not "=": that would leave the order of delivery_due to chance.
    private const string Fresh = "d.due_at <= 0";
    private const string Retry = $"d.due_at > 0 AND d.due_at <= {Time}";

    // "<" makes it no join and no hash; OFFSET 0 the same: either would read all that waits. "+ 0" and "|| ''" leave
    // delivery_task, delivery_in_flight and, for rows that are chosen, the primary key as the only indexes that serve.
    private const string IsTurn =
        $"""
        (d.task IS NULL OR (
          NOT EXISTS(SELECT 1 FROM delivery AS o WHERE o.consumer || '' = d.consumer AND o.task = d.task AND o.state + 0 = 0
            AND ((o.updated_us, o.seq, o.replay) < (d.updated_us, d.seq, d.replay) OR o.lease_until > {Time}))
          AND NOT EXISTS(SELECT 1 FROM delivery AS o WHERE o.consumer || '' = d.consumer AND o.task = d.task AND o.ended_in_flight
            AND o.lease_until > {Time} OFFSET 0)))
        """;

    private static readonly string Any =
        $"""
        WITH {Clock}, {Pick("", "FOR UPDATE OF d SKIP LOCKED")},
        {Lease("taken", "$5", "$6")}
        """;

    // Locks are tried for rows that are chosen already, so that no other task is locked in passing.
    private static readonly string Candidates =
        $"""
        WITH {Clock}, {Pick($" AND {IsTurn}", "")}
        SELECT event_id, replay FROM taken
        WHERE task IS NULL OR pg_try_advisory_xact_lock(hashtextextended('ango-gateway.task.' || current_schema() || '.' || $2 || '.' || task::text, 0))
        """;

    private static readonly string InOrder =
        $"""
        WITH {Clock}, mine AS MATERIALIZED (
          SELECT d.event_id, d.replay FROM unnest($3, $4) AS c(event_id, replay)
          JOIN delivery AS d ON d.event_id = c.event_id AND d.consumer = $2 AND d.replay = c.replay
          WHERE {PostgresSql.Among("d.event_id", "$3")} AND d.state + 0 = 0 AND d.due_at + 0 <= {Time} AND d.lease_until <= {Time} AND {IsTurn} FOR UPDATE OF d SKIP LOCKED),
        {Lease("mine", "$5", "$6")}
        """;

    /// <summary>Leases due deliveries: fresh ones first, but a quarter retries when there are so many.</summary>
    /// <param name="consumer">Name of the consumer.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="lease">Milliseconds.</param>
    /// <param name="cancellationToken">Abandons the claim before it is sent.</param>
    public Task<List<Delivery>> ClaimAsync(string consumer, int limit, long lease, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, _) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add(Any).With(database.Now).With(consumer).With((long)limit).With((limit + 2L) / 4).With(owner).With(lease);
            return await ReadAsync(batch, consumer);
        },
        cancellationToken);

    /// <summary>The same in task order: of one task at most one is in anybody's hands, whichever gateway's.</summary>
    /// <remarks>
    /// Two gateways that saw the same task free both want its lock. The second look is a statement of its own, so that
    /// whoever got the lock sees what its last holder has committed.
    /// </remarks>
    public Task<List<Delivery>> ClaimInOrderAsync(string consumer, int limit, long lease, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, _) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            var (events, replays) = (new List<Guid>(), new List<int>());
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.Add(Candidates).With(database.Now).With(consumer).With((long)limit).With((limit + 2L) / 4);
                await using var row = await batch.ExecuteReaderAsync(CancellationToken.None);
                while (await row.ReadAsync(CancellationToken.None))
                {
                    events.Add(row.GetGuid(0));
                    replays.Add(row.GetInt32(1));
                }
            }

            if (events.Count == 0)
                return [];

            var (ids, numbers) = (events.ToArray(), replays.ToArray());
            Array.Sort(ids, numbers);
            await using var claim = new NpgsqlBatch(connection);
            claim.Add(InOrder).With(database.Now).With(consumer).With(ids).With(numbers).With(owner).With(lease);
            var claimed = await ReadAsync(claim, consumer);
            await transaction.CommitAsync(CancellationToken.None);
            return claimed;
        },
        cancellationToken);

    /// <summary>When the first delivery in nobody's hands is due, by this machine's clock.</summary>
    public Task<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add(
                $"""
                WITH {Clock}
                SELECT d.due_at, {Time} FROM delivery AS d
                WHERE d.consumer = $2 AND d.state = 0 AND d.lease_until <= {Time}{(inTaskOrder ? $" AND {IsTurn}" : "")}
                ORDER BY d.due_at, d.seq, d.replay LIMIT 1
                """).With(database.Now).With(consumer);
            await using var row = await batch.ExecuteReaderAsync(token);
            return !await row.ReadAsync(token) ? null
                : row.GetInt64(0) == 0 ? DateTimeOffset.UnixEpoch
                : (DateTimeOffset?)Here(row.GetInt64(0) - row.GetInt64(1));
        },
        cancellationToken);

    // $3 is how many, $4 a quarter of it. Retries beyond the quarter fill up what fresh ones leave.
    private static string Pick(string more, string rows) =>
        $"""
        retries AS MATERIALIZED ({Rows(Retry, more, "$4")} {rows}),
        fresh AS MATERIALIZED ({Rows(Fresh, more, "$3 - (SELECT count(*) FROM retries)")} {rows}),
        further AS MATERIALIZED ({Rows(
            Retry,
            $"{more} AND ((d.event_id, d.replay) IN (SELECT event_id, replay FROM retries)) = false",
            "CASE WHEN (SELECT count(*) FROM retries) < $4 THEN 0 ELSE $3 - (SELECT count(*) FROM retries) - (SELECT count(*) FROM fresh) END")} {rows}),
        taken AS MATERIALIZED (SELECT * FROM retries UNION ALL SELECT * FROM fresh UNION ALL SELECT * FROM further)
        """;

    private static string Rows(string due, string more, string limit) =>
        $"""
        SELECT d.event_id, d.replay, d.task FROM delivery AS d
        WHERE d.consumer = $2 AND d.state = 0 AND {due} AND d.lease_until <= {Time}{more}
        ORDER BY d.due_at, d.seq, d.replay LIMIT {limit}
        """;

    private static string Lease(string rows, string owner, string lease) =>
        $"""
        i AS MATERIALIZED (SELECT array_agg(event_id ORDER BY event_id) AS ids FROM {rows}),
        leased AS (
          UPDATE delivery AS d SET lease = nextval('lease_seq'), lease_until = {Time} + {lease}, owner = {owner}
          FROM {rows} AS t
          WHERE {PostgresSql.Among("d.event_id", Ids)} AND d.event_id = t.event_id AND d.consumer = $2 AND d.replay = t.replay
          RETURNING d.event_id, d.seq, d.due_at, d.replay, d.attempts, d.queued_at, d.lease)
        SELECT l.replay, l.attempts, l.queued_at - {Time}, l.lease, l.due_at > 0, e.size, {PostgresEvents.Columns}
        FROM leased AS l JOIN event AS e ON e.id = l.event_id
        WHERE {PostgresSql.Among("e.id", Ids)}
        ORDER BY l.due_at > 0, l.due_at, l.seq, l.replay
        """;

    // Not cancelled once it is sent: what was leased without anybody knowing would lie there until the lease runs out.
    private async Task<List<Delivery>> ReadAsync(NpgsqlBatch batch, string consumer)
    {
        var claimed = new List<Delivery>();
        await using var row = await batch.ExecuteReaderAsync(CancellationToken.None);
        while (await row.ReadAsync(CancellationToken.None))
        {
            claimed.Add(new Delivery(PostgresEvents.Read(row, 6), row.GetInt32(5), consumer, row.GetInt32(0), row.GetInt32(1), Here(row.GetInt64(2)))
            {
                Seq = row.GetInt64(3),
                WasPutOff = row.GetBoolean(4),
            });
        }

        return claimed;
    }

    // Two clocks never agree: what is so far from the database's now is so far from ours.
    private DateTimeOffset Here(long fromNow) =>
        DateTimeOffset.FromUnixTimeMilliseconds(timeProvider.GetUtcNow().ToUnixTimeMilliseconds() + fromNow);
}
