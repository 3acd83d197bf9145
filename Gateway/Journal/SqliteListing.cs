using System.Globalization;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>What an operator sees, read on a reading connection.</summary>
internal static class SqliteListing
{
    public static List<JournalItem> Page(SqliteConnection connection, JournalFilter filter, string? after, int limit)
    {
        var terms = new SqliteFilter(filter);
        if (after is not null)
            terms.After(after);

        var (own, order) = terms.OfEvents
            ? ("NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", "e.seq DESC")
            : (
                """
                d.consumer, d.replay, d.state, d.attempts, d.due_at, d.settled_at,
                (SELECT status FROM attempt AS a WHERE (a.event_seq, a.consumer, a.replay, a.number) = (d.event_seq, d.consumer, d.replay, d.attempts)),
                (SELECT error FROM attempt AS a WHERE (a.event_seq, a.consumer, a.replay, a.number) = (d.event_seq, d.consumer, d.replay, d.attempts))
                """,
                "d.event_seq DESC, d.consumer DESC, d.replay DESC");
        using var rows = new SqliteStatement(connection,
            $"SELECT e.seq, e.size, {SqliteEvents.Columns}, {own} FROM {terms.From} WHERE {terms.Where} ORDER BY {order} LIMIT ?");
        var page = new List<JournalItem>();
        terms.Bind(rows).With(limit);
        while (rows.Step())
            page.Add(Item(rows));

        return page;
    }

    public static long Count(SqliteConnection connection, JournalFilter filter)
    {
        var terms = new SqliteFilter(filter);
        using var count = new SqliteStatement(connection, $"SELECT count(*) FROM {terms.From} WHERE {terms.Where}");
        terms.Bind(count).Step();
        return count.Int64(0);
    }

    public static List<ConsumerBacklog> Backlogs(SqliteConnection connection, IReadOnlyDictionary<string, LaneState> lanes)
    {
        using var rows = new SqliteStatement(connection,
            """
            SELECT consumer, pending, dead, (SELECT received_at FROM event WHERE seq =
                (SELECT min(event_seq) FROM delivery AS d WHERE d.consumer = backlog.consumer AND d.state = 0))
            FROM backlog
            """);
        var found = new List<ConsumerBacklog>();
        while (rows.Step())
            found.Add(new(rows.Text(0)!, rows.Int64(1), rows.TimeOrNull(3), rows.Int64(2), lanes.GetValueOrDefault(rows.Text(0)!)));

        var known = found.Select(row => row.Consumer).ToHashSet(StringComparer.Ordinal);
        found.AddRange(lanes.Where(lane => !known.Contains(lane.Key)).Select(lane => new ConsumerBacklog(lane.Key, 0, null, 0, lane.Value)));
        return found.OrderBy(row => row.Consumer, StringComparer.Ordinal).ToList();
    }

    public static EventHistory? History(SqliteConnection connection, Guid eventId)
    {
        // One snapshot for the three reads.
        using var transaction = connection.BeginTransaction(deferred: true);
        using var head = new SqliteStatement(connection, $"SELECT e.seq, e.size, {SqliteEvents.Columns} FROM event AS e WHERE e.id = ?");
        if (!head.With(eventId).Step())
            return null;

        var (seq, size, @event) = (head.Int64(0), head.Int32(1), SqliteEvents.Read(head, 2));
        head.Reset();
        var tries = Tries(connection, seq);
        using var rows = new SqliteStatement(connection,
            """
            SELECT consumer, replay, state, attempts, queued_at, due_at, settled_at FROM delivery
            WHERE event_seq = ? ORDER BY consumer, replay
            """);
        rows.With(seq);
        var deliveries = new List<DeliveryHistory>();
        while (rows.Step())
        {
            var (consumer, replay, state) = (rows.Text(0)!, rows.Int32(1), (DeliveryState)rows.Int32(2));
            deliveries.Add(new(
                Id(@event, consumer, replay), consumer, replay, state, rows.Int32(3), rows.Time(4),
                state == DeliveryState.Pending ? rows.Time(5) : null, rows.TimeOrNull(6), [.. tries[(consumer, replay)]]));
        }

        return new EventHistory(@event, size, deliveries);
    }

    public static string Id(StoredEvent @event, string consumer, int replay) =>
        new Delivery(@event, 0, consumer, replay, 0, default).Id;

    private static ILookup<(string Consumer, int Replay), Attempt> Tries(SqliteConnection connection, long seq)
    {
        using var rows = new SqliteStatement(connection,
            """
            SELECT consumer, replay, number, at, duration_ms, address, status, error, response FROM attempt
            WHERE event_seq = ? ORDER BY consumer, replay, number
            """);
        rows.With(seq);
        var tries = new List<((string, int) Of, Attempt Attempt)>();
        while (rows.Step())
        {
            tries.Add(((rows.Text(0)!, rows.Int32(1)), new Attempt(
                rows.Int32(2), rows.Time(3), TimeSpan.FromMilliseconds(rows.Int64(4)), rows.Text(5), rows.Int32OrNull(6), rows.Text(7), rows.Text(8))));
        }

        return tries.ToLookup(row => row.Of, row => row.Attempt);
    }

    private static JournalItem Item(SqliteStatement rows)
    {
        const int own = 2 + SqliteEvents.Count;
        var (seq, size, @event) = (rows.Int64(0), rows.Int32(1), SqliteEvents.Read(rows, 2));
        if (rows.Text(own) is not { } consumer)
        {
            var kept = @event.Disposition == Disposition.Unrouted ? ItemState.Unrouted : ItemState.Quarantined;
            return new JournalItem(seq.ToString(CultureInfo.InvariantCulture), @event, size, kept, null, null, 0, null, null, null, null);
        }

        var (replay, state) = (rows.Int32(own + 1), (ItemState)rows.Int32(own + 2));
        return new JournalItem(
            string.Create(CultureInfo.InvariantCulture, $"{seq}.{replay}.{consumer}"),
            @event, size, state, Id(@event, consumer, replay), consumer, rows.Int32(own + 3),
            state == ItemState.Pending ? rows.Time(own + 4) : null,
            rows.TimeOrNull(own + 5), rows.Int32OrNull(own + 6), rows.Text(own + 7));
    }
}
