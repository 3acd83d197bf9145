using AngoGateway.Envelopes;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>One reading connection with its statements, used by one caller at a time. Every read ends before its method returns.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _findKey;
    private readonly SqliteStatement _due;
    private readonly SqliteStatement _nextDue;
    private readonly SqliteStatement _payload;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _findKey = new(connection, "SELECT event_id FROM event_key WHERE updated_at = ? AND digest = ?");
        _due = new(connection,
            """
            SELECT d.event_seq, d.replay, d.attempts, d.queued_at, e.size,
                e.id, e.key_updated_at, e.key_digest, e.key_by_content, e.received_at, e.source,
                e.project, e.task, e.stage, e.stage_id, e.stage_name, e.updated_at, e.batches, e.batch_names,
                e.disposition, e.content_type, e.signature_header, e.signature, e.trace_parent
            FROM delivery d JOIN event e ON e.seq = d.event_seq
            WHERE d.consumer = ? AND d.state = 0 AND d.due_at <= ?
            ORDER BY d.due_at, d.event_seq LIMIT ?
            """);
        _nextDue = new(connection,
            "SELECT event_seq, replay, due_at FROM delivery WHERE consumer = ? AND state = 0 ORDER BY due_at, event_seq LIMIT ?");
        _payload = new(connection, "SELECT bytes FROM payload WHERE seq = (SELECT seq FROM event WHERE id = ?)");
    }

    public Guid? FindKey(EventKey key)
    {
        var found = _findKey.With(key.UpdatedAtMs).With(key.Digest).Step();
        Guid? id = found ? _findKey.Guid(0) : null;
        _findKey.Reset();
        return id;
    }

    /// <summary>Reads due deliveries that <paramref name="leases"/> lets the caller have, and leases them.</summary>
    public List<Delivery> Claim(string consumer, int limit, DateTimeOffset now, Leases leases)
    {
        var claimed = new List<Delivery>();
        var inHands = leases.BeginClaim(consumer);
        try
        {
            _due.With(consumer).With(now).With((long)limit + inHands);
            while (claimed.Count < limit && _due.Step())
            {
                if (leases.TryTake(consumer, _due.Int64(0), _due.Int32(1), _due.Int32(2)))
                    claimed.Add(Delivery(consumer));
            }

            return claimed;
        }
        catch
        {
            claimed.ForEach(leases.Release);
            throw;
        }
        finally
        {
            _due.Reset();
            leases.EndClaim(consumer);
        }
    }

    public DateTimeOffset? NextDue(string consumer, Leases leases)
    {
        var inHands = leases.BeginClaim(consumer);
        try
        {
            _nextDue.With(consumer).With(inHands + 1);
            while (_nextDue.Step())
            {
                if (leases.IsFree(consumer, _nextDue.Int64(0), _nextDue.Int32(1)))
                    return _nextDue.Time(2);
            }

            return null;
        }
        finally
        {
            _nextDue.Reset();
            leases.EndClaim(consumer);
        }
    }

    /// <summary>The payload in pooled memory; null when there is no such event.</summary>
    public Payload? Payload(Guid eventId)
    {
        try
        {
            if (!_payload.With(eventId).Step())
                return null;

            var bytes = _payload.Blob(0);
            var payload = new Payload(bytes.Length);
            bytes.CopyTo(payload.Fill(bytes.Length));
            return payload;
        }
        finally
        {
            _payload.Reset();
        }
    }

    public void Dispose()
    {
        foreach (var disposable in (IDisposable[])[_findKey, _due, _nextDue, _payload, _connection])
            disposable.Dispose();
    }

    private Delivery Delivery(string consumer)
    {
        var row = _due;
        var @event = new StoredEvent(
            row.Guid(5),
            new EventKey(row.Int64(6), row.UInt128(7), ByContent: row.Int32(8) != 0),
            row.Time(9),
            row.Text(10)!,
            new Envelope(row.Text(11), row.Text(12), row.Text(13), row.Text(14), row.Text(15), row.Text(16), row.Strings(17), row.Strings(18)),
            (Disposition)row.Int32(19),
            row.Text(20), row.Text(21), row.Text(22), row.Text(23));
        return new Delivery(@event, row.Int32(4), consumer, row.Int32(1), row.Int32(2), row.Time(3)) { Seq = row.Int64(0) };
    }
}
