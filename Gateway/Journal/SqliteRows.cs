using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// The rows of events and deliveries, written inside the writer's transaction. Everything here may run again with the
/// same values after a rollback.
/// </summary>
internal sealed class SqliteRows : IDisposable
{
    private readonly SqliteStatement _insertKey;
    private readonly SqliteStatement _insertEvent;
    private readonly SqliteStatement _insertPayload;
    private readonly SqliteStatement _insertDelivery;
    private readonly SqliteStatement _insertAttempt;
    private readonly SqliteStatement _findKey;
    private readonly SqliteStatement _revive;
    private readonly SqliteStatement _settle;
    private long _lastSeq;

    public SqliteRows(SqliteConnection connection)
    {
        _insertKey = new(connection,
            "INSERT INTO event_key(updated_at, digest, event_id, seen_at) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _insertEvent = new(connection,
            """
            INSERT INTO event(seq, id, key_updated_at, key_digest, key_by_content, received_at, source, project, task, stage, stage_id,
                stage_name, updated_at, batches, batch_names, disposition, content_type, signature_header, signature, trace_parent, size)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _insertPayload = new(connection, "INSERT INTO payload(seq, bytes) VALUES(?, ?)");
        _insertDelivery = new(connection,
            """
            INSERT INTO delivery(event_seq, consumer, replay, state, due_at, attempts, queued_at, settled_at)
            VALUES(?, ?, 0, ?, 0, ?, ?, ?)
            """);
        _insertAttempt = new(connection,
            """
            INSERT INTO attempt(event_seq, consumer, replay, number, at, duration_ms, address, status, error, response)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _findKey = new(connection, "SELECT event_id FROM event_key WHERE updated_at = ? AND digest = ?");
        _revive = new(connection,
            """
            UPDATE delivery SET state = 0, due_at = ?, queued_at = ?, settled_at = NULL
            WHERE event_seq = (SELECT seq FROM event WHERE id = ?) AND state = 2
            RETURNING consumer
            """);
        _settle = new(connection,
            """
            UPDATE delivery SET state = ?, due_at = ?, attempts = ?, settled_at = ?
            WHERE event_seq = ? AND consumer = ? AND replay = ? AND state = 0 AND attempts = ?
            """);

        // Counted here and not by SQLite, which would give the number of a pruned last event to the next one.
        using var last = new SqliteStatement(connection, "SELECT max(seq) FROM event");
        _lastSeq = last.Step() ? last.Int64(0) : 0;
    }

    /// <summary>Writes a new event whole; of a known key it revives that event's dead deliveries, and only those.</summary>
    /// <param name="event">The event.</param>
    /// <param name="payload">Its bytes.</param>
    /// <param name="deliveries">One per consumer.</param>
    /// <param name="now">When a revived delivery is due.</param>
    /// <param name="woken">Gets the consumers that have new work.</param>
    public AppendResult Append(
        StoredEvent @event, ReadOnlySpan<byte> payload, IReadOnlyList<NewDelivery> deliveries, DateTimeOffset now, List<string> woken)
    {
        if (_insertKey.With(@event.Key.UpdatedAtMs).With(@event.Key.Digest).With(@event.Id).With(@event.ReceivedAt).Run() == 0)
        {
            var first = FindKey(@event);
            Revive(first, now, woken);
            return new AppendResult(AppendStatus.Duplicate, first);
        }

        var seq = ++_lastSeq;
        InsertEvent(seq, @event, payload.Length);
        _insertPayload.With(seq).With(payload).Run();
        foreach (var delivery in deliveries)
        {
            InsertDelivery(seq, delivery, @event.ReceivedAt);
            if (delivery.Done is null)
                woken.Add(delivery.Consumer);
        }

        return new AppendResult(AppendStatus.Accepted, @event.Id);
    }

    /// <summary>Writes what became of a delivery; false when it is not pending at that attempt number.</summary>
    public bool Settle(Delivery delivery, Settlement settlement, DateTimeOffset now)
    {
        var attempts = delivery.Attempts + (settlement.Attempt is null ? 0 : 1);
        var pending = settlement.State == DeliveryState.Pending;
        var changed = _settle
            .With((long)settlement.State)
            .With(settlement.DueAt ?? now)
            .With(attempts)
            .With(pending ? null : now.ToUnixTimeMilliseconds())
            .With(delivery.Seq).With(delivery.Consumer).With(delivery.Replay).With(delivery.Attempts)
            .Run();
        if (changed == 0)
            return false;

        if (settlement.Attempt is { } attempt)
            InsertAttempt(delivery.Seq, delivery.Consumer, delivery.Replay, attempt with { Number = attempts });

        return true;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])
            [_insertKey, _insertEvent, _insertPayload, _insertDelivery, _insertAttempt, _findKey, _revive, _settle])
        {
            statement.Dispose();
        }
    }

    private Guid FindKey(StoredEvent @event)
    {
        _findKey.With(@event.Key.UpdatedAtMs).With(@event.Key.Digest).Step();
        var id = _findKey.Guid(0);
        _findKey.Reset();
        return id;
    }

    private void Revive(Guid eventId, DateTimeOffset now, List<string> woken)
    {
        _revive.With(now).With(now).With(eventId);
        while (_revive.Step())
            woken.Add(_revive.Text(0)!);
    }

    private void InsertEvent(long seq, StoredEvent @event, int size)
    {
        var envelope = @event.Envelope;
        _insertEvent
            .With(seq).With(@event.Id)
            .With(@event.Key.UpdatedAtMs).With(@event.Key.Digest).With(@event.Key.ByContent ? 1 : 0)
            .With(@event.ReceivedAt).With(@event.Source)
            .With(envelope.Project).With(envelope.TaskId).With(envelope.Stage).With(envelope.StageId).With(envelope.StageName)
            .With(envelope.UpdatedAt).With(envelope.Batches).With(envelope.BatchNames)
            .With((long)@event.Disposition)
            .With(@event.ContentType).With(@event.SignatureHeader).With(@event.Signature).With(@event.TraceParent)
            .With(size)
            .Run();
    }

    private void InsertDelivery(long seq, NewDelivery delivery, DateTimeOffset queuedAt)
    {
        var done = delivery.Done;
        _insertDelivery
            .With(seq).With(delivery.Consumer)
            .With((long)(done is null ? DeliveryState.Pending : DeliveryState.Delivered))
            .With(done is null ? 0 : 1)
            .With(queuedAt)
            .With(done is null ? null : (done.At + done.Duration).ToUnixTimeMilliseconds())
            .Run();
        if (done is not null)
            InsertAttempt(seq, delivery.Consumer, replay: 0, done with { Number = 1 });
    }

    private void InsertAttempt(long seq, string consumer, int replay, Attempt attempt) => _insertAttempt
        .With(seq).With(consumer).With(replay).With(attempt.Number)
        .With(attempt.At).With((long)attempt.Duration.TotalMilliseconds)
        .With(attempt.Address).With(attempt.Status).With(attempt.Error).With(attempt.Response)
        .Run();
}
