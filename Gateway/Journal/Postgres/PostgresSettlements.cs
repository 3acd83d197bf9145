using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Writes a slice of settlements and releases: one statement, one commit, each row fenced by its lease.</summary>
/// <param name="database">Where to.</param>
/// <param name="owner">This gateway.</param>
/// <param name="timeProvider">Due times come by its clock and are stored by the database's: what counts is the difference.</param>
internal sealed class PostgresSettlements(PostgresDatabase database, Guid owner, TimeProvider timeProvider)
{
    private const short Release = -1;

    // A row that was superseded, replayed or discarded during its attempt stays so, unless the attempt delivered it.
    private static readonly string Statement =
        $"""
        WITH u AS (
          UPDATE delivery AS d SET
            state = CASE WHEN s.state >= 0 AND (d.state = 0 OR s.state = 1) THEN s.state ELSE d.state END,
            due_at = CASE WHEN d.state = 0 AND s.state = 0 THEN {PostgresSql.Now} + s.delay ELSE d.due_at END,
            attempts = d.attempts + s.tries,
            settled_at = CASE WHEN s.state < 0 THEN d.settled_at WHEN d.state = 0 AND s.state = 0 THEN NULL ELSE {PostgresSql.Now} END,
            lease = 0, lease_until = 0, ended_in_flight = false
          FROM unnest($2, $3, $4, $5, $6, $7, $8, $10, $11, $12, $13, $14, $15) WITH ORDINALITY
            AS s(event_id, consumer, replay, lease, state, delay, tries, at, duration_ms, address, status, error, response, number)
          WHERE {PostgresSql.Among("d.event_id", "$2")}
            AND d.event_id = s.event_id AND d.consumer = s.consumer AND d.replay = s.replay AND d.lease = s.lease AND d.owner = $9
          RETURNING s.number, s.tries, s.at, s.duration_ms, s.address, s.status, s.error, s.response, d.event_id, d.consumer, d.replay, d.attempts,
            s.state > 0 AND d.state = s.state AS ended),
        a AS (
          INSERT INTO attempt(event_id, consumer, replay, number, at, duration_ms, address, status, error, response)
          SELECT event_id, consumer, replay, attempts, at, duration_ms, address, status, error, response FROM u WHERE tries > 0)
        SELECT number, ended FROM u
        """;

    private static readonly Attempt None = new(0, DateTimeOffset.UnixEpoch, TimeSpan.Zero, null, null, null, null);

    public async Task<List<SettleWrite>> WriteAsync(List<SettleWrite> slice)
    {
        // In the order in which all statements lock deliveries.
        slice.Sort(static (a, b) => (a.Delivery.Event.Id.CompareTo(b.Delivery.Event.Id), string.CompareOrdinal(a.Delivery.Consumer, b.Delivery.Consumer), a.Delivery.Replay.CompareTo(b.Delivery.Replay)).CompareTo((0, 0, 0)));
        var now = timeProvider.GetUtcNow();
        Checkpoints.Reach(Checkpoints.BeforeSettle);
        var ends = await database.BusyAsync(
            async (connection, cancellationToken) =>
            {
                var ends = new PostgresEnds();
                slice.ForEach(static write => write.Changed = false);
                await using var batch = new NpgsqlBatch(connection);
                Bind(batch.Add(Statement).With(database.Now), slice, now);
                await using var row = await batch.ExecuteReaderAsync(cancellationToken);
                while (await row.ReadAsync(cancellationToken))
                {
                    var write = slice[(int)row.GetInt64(0) - 1];
                    write.Changed = true;
                    if (row.GetBoolean(1))
                        ends.Add(write.Delivery.Consumer, write.Settlement!.State);
                }

                return ends;
            },
            CancellationToken.None);
        database.Health.Written();
        Checkpoints.Reach(Checkpoints.Settled);
        ends.Committed();
        foreach (var write in slice.Where(write => write.Changed && write.Settlement?.State == DeliveryState.Delivered))
            DeliveryLag.Record(write.Delivery, now);

        return [];
    }

    private void Bind(NpgsqlBatchCommand command, List<SettleWrite> slice, DateTimeOffset now)
    {
        command
            .With(slice.Select(write => write.Delivery.Event.Id).ToArray())
            .With(slice.Select(write => write.Delivery.Consumer).ToArray())
            .With(slice.Select(write => write.Delivery.Replay).ToArray())
            .With(slice.Select(write => write.Delivery.Seq).ToArray())
            .With(slice.Select(write => (short?)write.Settlement?.State ?? Release).ToArray())
            .With(slice.Select(write => Delay(write.Settlement?.DueAt, now)).ToArray())
            .With(slice.Select(write => write.Settlement?.Attempt is null ? 0 : 1).ToArray())
            .With(owner);
        PostgresDeliveryRows.BindTries(command, slice.ConvertAll(write => write.Settlement?.Attempt ?? None));
    }

    private static long Delay(DateTimeOffset? dueAt, DateTimeOffset now) =>
        dueAt is { } due ? due.ToUnixTimeMilliseconds() - now.ToUnixTimeMilliseconds() : 0;
}
