using AngoGateway.Envelopes;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>Finds what a lane may have, on one reading connection.</summary>
/// <remarks>
/// Each range below is a seek into delivery_due and a read of as many rows as are wanted, plus those in somebody's hands,
/// whatever waits behind them. In task order only rows that no other holds back count (held = 0); else all kinds are merged.
/// </remarks>
internal sealed class SqliteClaims : IDisposable
{
    // Larger ones are read one by one when their turn comes: a read that takes long pins the log.
    private const int ReadWithClaim = 16 * 1024;

    private readonly RecentEvents _events;
    private readonly RecentPayloads _payloads;
    private readonly bool _oneOfTask;
    private readonly SqliteStatement _fresh;
    private readonly SqliteStatement _retries;
    private readonly SqliteStatement _next;
    private readonly SqliteStatement _unordered;
    private readonly SqliteStatement _event;
    private readonly SqliteStatement _payload;

    public SqliteClaims(SqliteConnection connection, SqliteBookkeeping books, bool oneOfTask)
    {
        (_events, _payloads, _oneOfTask) = (books.RecentEvents, books.RecentPayloads, oneOfTask);
        _fresh = new(connection, Ranges("due_at = 0", oneOfTask));
        _retries = new(connection, Ranges("due_at > 0 AND due_at <= ?3", oneOfTask));
        _next = new(connection, Ranges("due_at >= 0", oneOfTask));
        _unordered = new(connection, $"SELECT 1 FROM delivery INDEXED BY delivery_due WHERE consumer = ? AND state = 0 AND held = {SqliteOrder.Unordered} LIMIT 1");
        _event = new(connection, $"SELECT e.size, {SqliteEvents.Columns} FROM event AS e WHERE e.seq = ?");
        _payload = new(connection, "SELECT bytes FROM payload WHERE seq = ?");
    }

    /// <summary>Leases due deliveries: fresh ones first, but a quarter retries when there are so many.</summary>
    public List<Delivery> Claim(string consumer, int limit, DateTimeOffset now, Leases leases)
    {
        var fresh = new List<Delivery>();
        var retries = new List<Delivery>();
        var rows = limit + Hidden(leases.BeginClaim(consumer));
        try
        {
            _retries.With(consumer).With(rows).With(now);
            var more = Take(_retries, consumer, (limit + 2) / 4, leases, retries);
            _fresh.With(consumer).With(rows);
            Take(_fresh, consumer, limit - retries.Count, leases, fresh);
            if (more)
                Take(_retries, consumer, limit - fresh.Count, leases, retries);
            fresh.AddRange(retries);
            return fresh;
        }
        catch
        {
            fresh.ForEach(leases.Release);
            retries.ForEach(leases.Release);
            throw;
        }
        finally
        {
            _fresh.Reset();
            _retries.Reset();
            leases.EndClaim(consumer);
        }
    }

    public DateTimeOffset? NextDue(string consumer, Leases leases)
    {
        var inHands = leases.BeginClaim(consumer);
        try
        {
            _next.With(consumer).With(1 + Hidden(inHands));
            while (_next.Step())
            {
                if (leases.IsFree(consumer, (_next.Int64(0), _next.Int32(1)), _next.UInt128OrNull(4), _oneOfTask))
                    return _next.Time(5);
            }

            return null;
        }
        finally
        {
            _next.Reset();
            leases.EndClaim(consumer);
        }
    }

    /// <summary>Whether deliveries wait that must be put in order before any is claimed in it.</summary>
    public bool AnyUnordered(string consumer)
    {
        var any = _unordered.With(consumer).Step();
        _unordered.Reset();
        return any;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_fresh, _retries, _next, _unordered, _event, _payload])
            statement.Dispose();
    }

    /// <summary>Rows in order of their turn; ?1 is the consumer, ?2 how many.</summary>
    internal static string Ranges(string due, bool oneOfTask)
    {
        var free = Range(SqliteOrder.Free);
        return oneOfTask
            ? $"{free} ORDER BY due_at, event_seq LIMIT ?2"
            : $"{free} UNION ALL {Range(SqliteOrder.HeldBack)} UNION ALL {Range(SqliteOrder.Unordered)} ORDER BY due_at, event_seq LIMIT ?2";

        string Range(int held) =>
            $"""
            SELECT event_seq, replay, attempts, queued_at, task, due_at FROM delivery INDEXED BY delivery_due
            WHERE consumer = ?1 AND state = 0 AND held = {held} AND {due}
            """;
    }

    // In task order each row in somebody's hands may also close the first one of its task.
    private int Hidden(int inHands) => _oneOfTask ? 2 * inHands : inHands;

    /// <returns>False after the last row.</returns>
    private bool Take(SqliteStatement rows, string consumer, int limit, Leases leases, List<Delivery> taken)
    {
        while (taken.Count < limit)
        {
            if (!rows.Step())
                return false;

            var (seq, replay, attempts) = (rows.Int64(0), rows.Int32(1), rows.Int32(2));
            if (!leases.TryTake(consumer, (seq, replay), attempts, rows.UInt128OrNull(4), _oneOfTask))
                continue;

            var (@event, size) = _events.Find(seq) ?? Read(seq);
            taken.Add(new Delivery(@event, size, consumer, replay, attempts, rows.Time(3)) { Seq = seq, WasPutOff = rows.Int64(5) != 0 });
            if (size <= ReadWithClaim && _payloads.Wants(@event.Id, size))
                ReadPayload(seq, @event.Id);
        }

        return true;
    }

    private void ReadPayload(long seq, Guid eventId)
    {
        if (!_payload.With(seq).Step())
            return;

        using var payload = Payload.Of(_payload.Blob(0));
        _payload.Reset();
        _payloads.KeepClaimed(eventId, payload);
    }

    private (StoredEvent Event, int Size) Read(long seq)
    {
        _event.With(seq).Step();
        var read = (SqliteEvents.Read(_event, 1), _event.Int32(0));
        _event.Reset();
        return read;
    }
}
