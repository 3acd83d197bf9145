using System.Data;
using System.Globalization;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>What an operator sees.</summary>
internal static class PostgresListing
{
    public static async Task<List<JournalItem>> PageAsync(
        NpgsqlConnection connection, JournalFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        var terms = new PostgresFilter(filter);
        if (after is not null)
            terms.After(after);

        var (own, order, last) = terms.OfEvents
            ? ("NULL, 0, 0, 0, 0, NULL, NULL, NULL", "e.seq DESC", "")
            : (
                "d.consumer, d.replay, d.state, d.attempts, d.due_at, d.settled_at, a.status, a.error",
                "d.seq DESC, d.consumer DESC, d.replay DESC",
                """
                LEFT JOIN attempt AS a ON a.event_id = d.event_id AND a.consumer = d.consumer AND a.replay = d.replay AND a.number = d.attempts
                """);
        await using var batch = new NpgsqlBatch(connection);
        terms.Bind(batch.Add(
            $"SELECT e.seq, e.size, {PostgresEvents.Columns}, {own} FROM {terms.From} {last} WHERE {terms.Where} ORDER BY {order} LIMIT {terms.Next}")).With((long)limit);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var page = new List<JournalItem>();
        while (await row.ReadAsync(cancellationToken))
            page.Add(Item(row));

        return page;
    }

    public static async Task<long> CountAsync(NpgsqlConnection connection, JournalFilter filter, CancellationToken cancellationToken)
    {
        var terms = new PostgresFilter(filter);
        await using var batch = new NpgsqlBatch(connection);
        terms.Bind(batch.Add($"SELECT count(*) FROM {terms.From} WHERE {terms.Where}"));
        return (long)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <remarks>Counted anew each time: a row with the count would be the one thing for which all gateways wait.</remarks>
    public static async Task<List<ConsumerBacklog>> BacklogsAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, LaneState> lanes, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            """
            SELECT c.name, coalesce(w.count, 0), coalesce(x.count, 0), (SELECT e.received_at FROM event AS e WHERE e.seq = w.oldest)
            FROM consumer AS c
            LEFT JOIN (SELECT consumer, count(*), min(seq) AS oldest FROM delivery WHERE state = 0 GROUP BY consumer) AS w ON w.consumer = c.name
            LEFT JOIN (SELECT consumer, count(*) FROM delivery WHERE state = 2 GROUP BY consumer) AS x ON x.consumer = c.name
            """);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var found = new List<ConsumerBacklog>();
        while (await row.ReadAsync(cancellationToken))
            found.Add(new(row.GetString(0), row.GetInt64(1), row.TimeOrNull(3), row.GetInt64(2), lanes.GetValueOrDefault(row.GetString(0))));

        var known = found.Select(one => one.Consumer).ToHashSet(StringComparer.Ordinal);
        found.AddRange(lanes.Where(lane => !known.Contains(lane.Key)).Select(lane => new ConsumerBacklog(lane.Key, 0, null, 0, lane.Value)));
        return [.. found.OrderBy(one => one.Consumer, StringComparer.Ordinal)];
    }

    public static async Task<EventHistory?> HistoryAsync(NpgsqlConnection connection, Guid eventId, CancellationToken cancellationToken)
    {
        // One snapshot for the three reads.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        batch.Add($"SELECT e.size, {PostgresEvents.Columns} FROM event AS e WHERE e.id = $1").With(eventId);
        batch.Add(
            """
            SELECT consumer, replay, number, at, duration_ms, address, status, error, response FROM attempt
            WHERE event_id = $1 ORDER BY consumer, replay, number
            """).With(eventId);
        batch.Add(
            """
            SELECT consumer, replay, state, attempts, queued_at, due_at, settled_at FROM delivery
            WHERE event_id = $1 ORDER BY consumer, replay
            """).With(eventId);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;

        var (size, @event) = (row.GetInt32(0), PostgresEvents.Read(row, 1));
        await row.NextResultAsync(cancellationToken);
        var tries = new List<((string, int) Of, Attempt Attempt)>();
        while (await row.ReadAsync(cancellationToken))
        {
            tries.Add(((row.GetString(0), row.GetInt32(1)), new Attempt(
                row.GetInt32(2), row.Time(3), TimeSpan.FromMilliseconds(row.GetInt64(4)), row.Text(5), row.Int32OrNull(6), row.Text(7), row.Text(8))));
        }

        var triesOf = tries.ToLookup(one => one.Of, one => one.Attempt);
        await row.NextResultAsync(cancellationToken);
        var deliveries = new List<DeliveryHistory>();
        while (await row.ReadAsync(cancellationToken))
        {
            var (consumer, replay, state) = (row.GetString(0), row.GetInt32(1), (DeliveryState)row.GetInt16(2));
            deliveries.Add(new(
                Id(@event, consumer, replay), consumer, replay, state, row.GetInt32(3), row.Time(4),
                state == DeliveryState.Pending ? row.Time(5) : null, row.TimeOrNull(6), [.. triesOf[(consumer, replay)]]));
        }

        return new EventHistory(@event, size, deliveries);
    }

    private static string Id(StoredEvent @event, string consumer, int replay) => new Delivery(@event, 0, consumer, replay, 0, default).Id;

    private static JournalItem Item(NpgsqlDataReader row)
    {
        const int own = 2 + PostgresEvents.Count;
        var (seq, size, @event) = (row.GetInt64(0), row.GetInt32(1), PostgresEvents.Read(row, 2));
        if (row.IsDBNull(own))
        {
            var kept = @event.Disposition == Disposition.Unrouted ? ItemState.Unrouted : ItemState.Quarantined;
            return new JournalItem(seq.ToString(CultureInfo.InvariantCulture), @event, size, kept, null, null, 0, null, null, null, null);
        }

        var (consumer, replay, state) = (row.GetString(own), row.GetInt32(own + 1), (ItemState)row.GetInt16(own + 2));
        return new JournalItem(
            string.Create(CultureInfo.InvariantCulture, $"{seq}.{replay}.{consumer}"),
            @event, size, state, Id(@event, consumer, replay), consumer, row.GetInt32(own + 3),
            state == ItemState.Pending ? row.Time(own + 4) : null,
            row.TimeOrNull(own + 5), row.Int32OrNull(own + 6), row.Text(own + 7));
    }
}
