using System.Collections.Concurrent;
using AngoGateway.Envelopes;
using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Writes a slice of new events with their keys, payloads and deliveries: one statement, one round trip, one commit.</summary>
/// <param name="database">Where to.</param>
/// <param name="woken">Told after the commit which consumers have new work.</param>
internal sealed class PostgresAccepts(PostgresDatabase database, Action<IEnumerable<string>> woken)
{
    // Consumers that are in their table already; grows by the names of the configuration.
    private readonly ConcurrentDictionary<string, bool> _named = new(StringComparer.Ordinal);

    /// <summary>Writes what is new.</summary>
    /// <returns>Those whose key was there before.</returns>
    public async Task<List<AppendWrite>> WriteAsync(List<AppendWrite> slice)
    {
        var (firsts, repeats) = ByKey(slice);
        var rows = PostgresDeliveryRows.Of(firsts);
        var unknown = rows.Consumers.Distinct(StringComparer.Ordinal).Where(name => !_named.ContainsKey(name)).Order(StringComparer.Ordinal).ToArray();
        var (taken, ends) = await database.BusyAsync(
            (connection, cancellationToken) => rows.Newest.Any(newest => newest)
                ? WriteNewestAsync(connection, firsts, rows, unknown, cancellationToken)
                : WriteAsync(connection, firsts, rows, unknown, newest: false, cancellationToken),
            CancellationToken.None);
        database.Health.Written();
        Array.ForEach(unknown, name => _named.TryAdd(name, true));
        Checkpoints.Reach(Checkpoints.Committed);

        foreach (var first in firsts)
        {
            if (!taken.Contains(first.Event.Id))
            {
                repeats.Add(first);
                continue;
            }

            first.Result = new AppendResult(AppendStatus.Accepted, first.Event.Id);
            DeliveryLag.Record(first.Event, first.Deliveries);
            foreach (var done in first.Deliveries.Where(delivery => delivery.Done is not null))
                ends.Add(done.Consumer, DeliveryState.Delivered);
        }

        ends.Committed();

        woken(firsts.Where(first => taken.Contains(first.Event.Id)).SelectMany(first => first.Deliveries)
            .Where(delivery => delivery.Done is null).Select(delivery => delivery.Consumer).Distinct(StringComparer.Ordinal));
        return repeats;
    }

    // Several of one key in a slice: the first is written, the others are its repeats.
    private static (List<AppendWrite> Firsts, List<AppendWrite> Repeats) ByKey(List<AppendWrite> slice)
    {
        var (firsts, repeats) = (new List<AppendWrite>(slice.Count), new List<AppendWrite>());
        var seen = new HashSet<(long, UInt128)>(slice.Count);
        foreach (var write in slice)
            (seen.Add(KeyOf(write.Event.Key)) ? firsts : repeats).Add(write);

        return (firsts, repeats);
    }

    private static (long UpdatedAt, UInt128 Digest) KeyOf(EventKey key) => (key.UpdatedAtMs, key.Digest);

    /// <summary>Where consumers want the newest only: what the new events make obsolete is ended in the same transaction.</summary>
    private async Task<(HashSet<Guid> Taken, PostgresEnds Ends)> WriteNewestAsync(
        NpgsqlConnection connection, List<AppendWrite> firsts, PostgresDeliveryRows rows, string[] unknown, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (taken, ends) = await WriteAsync(connection, firsts, rows, unknown, newest: true, cancellationToken);

        // A statement of its own: it sees what a gateway that held the rows of `newest` before has committed meanwhile.
        var superseding = rows.Superseding(taken);
        if (superseding.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            PostgresSuperseding.Add(batch, database.Now, superseding);
            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            await ends.AddAllAsync(row, DeliveryState.Superseded, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return (taken, ends);
    }

    /// <returns>Ids of the events whose keys were new, and what was superseded from the start.</returns>
    private async Task<(HashSet<Guid> Taken, PostgresEnds Ends)> WriteAsync(
        NpgsqlConnection connection, List<AppendWrite> firsts, PostgresDeliveryRows rows, string[] unknown, bool newest, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        var command = PostgresEvents
            .Bind(batch.Add(Statement(newest, rows.Tries.Count > 0)).With(database.Now), firsts.ConvertAll(write => (write.Event, write.Payload.Length)))
            .With(firsts.Select(write => write.Payload).ToArray());
        rows.Bind(command, newest);
        if (unknown.Length > 0)
            batch.Add("INSERT INTO consumer(name) SELECT unnest($1) ON CONFLICT DO NOTHING").With(unknown);

        var (taken, ends) = (new HashSet<Guid>(firsts.Count), new PostgresEnds());
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (row.Text(1) is { } late)
                ends.Add(late, DeliveryState.Superseded);
            else
                taken.Add(row.GetGuid(0));
        }

        return (taken, ends);
    }

    /// <remarks>
    /// Keys go in sorted: two gateways with the same ones would wait for each other in a circle otherwise. "(… IN …) = true"
    /// keeps the planner from making a join of it: a hashed list is as quick, and hash joins are off.
    /// </remarks>
    private static string Statement(bool newest, bool tries)
    {
        const int payload = 2 + PostgresEvents.WrittenCount;
        const int delivery = payload + 1;
        const int attempt = delivery + PostgresDeliveryRows.Count;
        var after = attempt + (tries ? PostgresDeliveryRows.TryCount : 0);
        return
            $"""
            WITH k AS (
              INSERT INTO event_key(updated_at, digest, event_id, seen_at)
              SELECT x.updated_at, x.digest, x.id, {PostgresSql.Now} FROM unnest($2, $3, $4) AS x(id, updated_at, digest)
              ORDER BY x.updated_at, x.digest ON CONFLICT DO NOTHING RETURNING event_id),
            base AS MATERIALIZED (SELECT nextval('event_seq') AS seq),
            {(newest ? Newest(after) : "")}
            e AS (
              INSERT INTO event({PostgresEvents.Written}, seq)
              SELECT {PostgresEvents.Written}, (SELECT seq FROM base) + number
              FROM unnest({Arrays(2, PostgresEvents.WrittenCount)}) WITH ORDINALITY AS x({PostgresEvents.Written}, number)
              WHERE (x.id IN (SELECT event_id FROM k)) = true),
            p AS (
              INSERT INTO payload(event_id, bytes)
              SELECT x.id, x.bytes FROM unnest($2, ${payload}) AS x(id, bytes) WHERE (x.id IN (SELECT event_id FROM k)) = true),
            {(tries ? Tries(attempt) : "")}
            d AS (
              INSERT INTO delivery(event_id, seq, replay, consumer, state, due_at, attempts, queued_at, settled_at, task, stage, updated_us)
              SELECT x.event_id, (SELECT seq FROM base) + x.number, 0, x.consumer, {(newest ? StateOfNewest : "x.state")}, 0, x.attempts, {PostgresSql.Now},
                {(newest ? $"CASE WHEN {StateOfNewest} = 3 THEN {PostgresSql.Now} ELSE x.settled_at END" : "x.settled_at")}, x.task, x.stage, x.updated_us
              FROM unnest({Arrays(delivery, PostgresDeliveryRows.Count)})
                AS x(event_id, number, consumer, state, attempts, settled_at, task, stage, updated_us, newest)
              WHERE (x.event_id IN (SELECT event_id FROM k)) = true RETURNING event_id, consumer, state)
            SELECT event_id, NULL AS late FROM k{(newest ? " UNION ALL SELECT event_id, consumer FROM d WHERE state = 3" : "")}
            """;
    }

    // Whatever is not the newest now was there too late.
    private const string StateOfNewest =
        """
        (CASE WHEN x.state = 0 AND x.newest AND (((x.consumer, x.stage, x.updated_us) IN (SELECT consumer, digest, updated_us FROM n)) = false)
          THEN 3 ELSE x.state END)
        """;

    private static string Newest(int at) =>
        $"""
        n AS (
          INSERT INTO newest(consumer, digest, updated_us)
          SELECT x.consumer, x.digest, max(x.updated_us) FROM unnest({Arrays(at, 4)}) AS x(event_id, consumer, digest, updated_us)
          WHERE (x.event_id IN (SELECT event_id FROM k)) = true GROUP BY x.consumer, x.digest ORDER BY x.consumer, x.digest
          ON CONFLICT(consumer, digest) DO UPDATE SET updated_us = greatest(newest.updated_us, excluded.updated_us)
          RETURNING consumer, digest, updated_us),
        """;

    private static string Tries(int at) =>
        $"""
        a AS (
          INSERT INTO attempt(event_id, consumer, replay, number, at, duration_ms, address, status, error, response)
          SELECT x.event_id, x.consumer, 0, 1, x.at, x.duration_ms, x.address, x.status, x.error, x.response
          FROM unnest({Arrays(at, PostgresDeliveryRows.TryCount)}) AS x(event_id, consumer, at, duration_ms, address, status, error, response)
          WHERE (x.event_id IN (SELECT event_id FROM k)) = true),
        """;

    private static string Arrays(int first, int count) => string.Join(", ", Enumerable.Range(first, count).Select(number => $"${number}"));
}
