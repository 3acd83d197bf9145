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
    private readonly SqliteStatement _dead;
    private readonly SqliteStatement _revive;
    private readonly SqliteStatement _settle;
    private readonly SqliteStatement _settleEnded;
    private readonly SqliteStatement _stateOf;
    private readonly SqliteStatement _pendingOf;
    private readonly SqliteStatement _deadOf;
    private readonly SqliteStatement _lastReplay;
    private readonly SqliteStatement _end;
    private readonly SqliteStatement _kept;
    private readonly SqliteStatement _routed;
    private readonly SqliteOrder _order;
    private readonly SqliteBacklog _backlog;
    private readonly List<(long Seq, string Consumer, int Replay, TaskIdentity Identity, UInt128? AtStage)> _died = [];

    public SqliteRows(SqliteConnection connection, SqliteBacklog backlog)
    {
        _backlog = backlog;
        _order = new SqliteOrder(connection, backlog);
        _insertKey = new(connection,
            "INSERT INTO event_key(updated_at, digest, event_id, seen_at) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _insertEvent = new(connection,
            """
            INSERT INTO event(seq, id, key_updated_at, key_digest, key_by_content, received_at, source, project, task, stage, stage_id,
                stage_name, updated_at, batches, batch_names, disposition, content_type, signature_header, signature, trace_parent, trace_state,
                size)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _insertPayload = new(connection, "INSERT INTO payload(seq, bytes) VALUES(?, ?)");
        _insertDelivery = new(connection,
            """
            INSERT INTO delivery(event_seq, consumer, replay, state, due_at, attempts, queued_at, settled_at, task, updated_us, held)
            VALUES(?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
            """);
        _insertAttempt = new(connection,
            """
            INSERT INTO attempt(event_seq, consumer, replay, number, at, duration_ms, address, status, error, response)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _findKey = new(connection, "SELECT event_id FROM event_key WHERE updated_at = ? AND digest = ?");
        _dead = new(connection,
            $"""
            SELECT d.event_seq, d.consumer, d.replay, d.task, d.updated_us, {SqliteEvents.Columns}
            FROM event AS e JOIN delivery AS d ON d.event_seq = e.seq WHERE e.id = ? AND d.state = 2
            """);
        _revive = new(connection,
            """
            UPDATE delivery SET state = 0, due_at = ?, queued_at = ?, settled_at = NULL, held = ?
            WHERE event_seq = ? AND consumer = ? AND replay = ?
            """);
        _settle = new(connection,
            """
            UPDATE delivery SET state = ?, due_at = ?, attempts = ?, settled_at = ?
            WHERE event_seq = ? AND consumer = ? AND replay = ? AND state = 0 AND attempts = ?
            """);
        _settleEnded = new(connection,
            """
            UPDATE delivery SET state = ifnull(?, state), attempts = ?, settled_at = ?
            WHERE event_seq = ? AND consumer = ? AND replay = ? AND state IN (3, 4, 5) AND attempts = ?
            """);

        _stateOf = new(connection, "SELECT state FROM delivery WHERE event_seq = ? AND consumer = ? AND replay = ?");
        _pendingOf = new(connection, "SELECT 1 FROM delivery WHERE event_seq = ? AND consumer = ? AND state = 0");
        _deadOf = new(connection, "SELECT 1 FROM delivery WHERE event_seq = ? AND consumer = ? AND state = 2");
        _lastReplay = new(connection, "SELECT ifnull(max(replay), -1) FROM delivery WHERE event_seq = ? AND consumer = ?");
        _end = new(connection,
            "UPDATE delivery SET state = ?, held = 0, settled_at = ? WHERE event_seq = ? AND consumer = ? AND replay = ? AND state = ?");
        _kept = new(connection, "SELECT 1 FROM event WHERE seq = ? AND disposition IN (1, 2)");
        _routed = new(connection, "UPDATE event SET disposition = 0 WHERE seq = ?");

        // Counted here and not by SQLite, which would give the number of a pruned last event to the next one.
        using var last = new SqliteStatement(connection, "SELECT max(seq) FROM event");
        LastSeq = last.Step() ? last.Int64(0) : 0;
        last.Reset();
    }

    /// <summary>Number of the newest event, or of a later one that was rolled back.</summary>
    public long LastSeq { get; private set; }

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

        var seq = ++LastSeq;
        InsertEvent(seq, @event, payload.Length);
        _insertPayload.With(seq).With(payload).Run();
        var identity = TaskIdentity.Of(@event);
        foreach (var delivery in deliveries)
        {
            if (Insert(seq, replay: 0, @event, identity, delivery, @event.ReceivedAt, now) == DeliveryState.Pending)
                woken.Add(delivery.Consumer);
        }

        return new AppendResult(AppendStatus.Accepted, @event.Id);
    }

    /// <summary>Stores a delivery, superseded at once or pending, unless it is done already.</summary>
    /// <param name="seq">Number of its event.</param>
    /// <param name="replay">0 for the first delivery.</param>
    /// <param name="event">Its event.</param>
    /// <param name="identity">Its task.</param>
    /// <param name="delivery">The consumer.</param>
    /// <param name="queuedAt">When its retry budget begins.</param>
    /// <param name="now">When it, or what it supersedes, is settled.</param>
    public DeliveryState Insert(
        long seq, int replay, StoredEvent @event, TaskIdentity identity, NewDelivery delivery, DateTimeOffset queuedAt, DateTimeOffset now)
    {
        var late = delivery.NewestOnly && _order.Supersede(delivery.Consumer, @event, identity, now);
        var done = delivery.Done;
        var state = done is not null ? DeliveryState.Delivered : late ? DeliveryState.Superseded : DeliveryState.Pending;
        var held = state == DeliveryState.Pending ? _order.Enter(delivery.Consumer, identity, seq, replay) : SqliteOrder.Free;
        DateTimeOffset? settledAt = done is not null ? done.At + done.Duration : late ? now : null;
        _insertDelivery
            .With(seq).With(delivery.Consumer).With(replay)
            .With((long)state)
            .With(done is null ? 0 : 1)
            .With(queuedAt).With(settledAt)
            .With(identity.Task).With(identity.UpdatedUs).With(held)
            .Run();
        _backlog.Count(delivery.Consumer, state, +1);
        if (done is not null)
            InsertAttempt(seq, delivery.Consumer, replay, done with { Number = 1 });

        return state;
    }

    /// <summary>
    /// Writes what became of a delivery; false when it is not at that attempt number. One that was superseded, replayed or
    /// discarded during its attempt stays so, unless the attempt delivered it.
    /// </summary>
    /// <param name="delivery">As it was leased.</param>
    /// <param name="settlement">What became of it.</param>
    /// <param name="now">When it is settled.</param>
    /// <param name="wakes">Whether it, or another of its task, may be handed out now.</param>
    public bool Settle(Delivery delivery, Settlement settlement, DateTimeOffset now, out bool wakes)
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
        if (changed != 0)
            _backlog.Move(delivery.Consumer, DeliveryState.Pending, settlement.State);
        else if (!SettleEnded(delivery, settlement, attempts, now))
            return wakes = false;
        else if (settlement.State == DeliveryState.Delivered)
            _backlog.End(delivery.Consumer, DeliveryState.Delivered);

        wakes = pending || _order.Leave(delivery.Consumer, delivery.Event);
        if (settlement.Attempt is { } attempt)
            InsertAttempt(delivery.Seq, delivery.Consumer, delivery.Replay, attempt with { Number = attempts });

        return true;
    }

    /// <summary>
    /// Brings an event's dead deliveries back to pending; those that a newer one has overtaken end as superseded, whatever
    /// the routes say today of the repeat that led here.
    /// </summary>
    public void Revive(Guid eventId, DateTimeOffset now, List<string> woken)
    {
        _died.Clear();
        _dead.With(eventId);
        while (_dead.Step())
        {
            _died.Add((
                _dead.Int64(0), _dead.Text(1)!, _dead.Int32(2), new TaskIdentity(_dead.UInt128OrNull(3), _dead.Int64OrNull(4)),
                TaskIdentity.AtStage(SqliteEvents.Read(_dead, 5))));
        }

        foreach (var (seq, consumer, replay, identity, atStage) in _died)
        {
            if (_order.IsLate(consumer, identity, atStage))
            {
                End(seq, consumer, replay, identity, DeliveryState.Dead, DeliveryState.Superseded, now);
                continue;
            }

            var held = _order.Enter(consumer, identity, seq, replay);
            _revive.With(now).With(now).With(held).With(seq).With(consumer).With(replay).Run();
            _backlog.Move(consumer, DeliveryState.Dead, DeliveryState.Pending);
            woken.Add(consumer);
        }
    }

    /// <inheritdoc cref="SqliteOrder.PutInOrder"/>
    public int PutInOrder(string consumer, int limit) => _order.PutInOrder(consumer, limit);

    /// <summary>Whether a delivery is in a state.</summary>
    public bool IsIn(long seq, string consumer, int replay, DeliveryState state)
    {
        var same = _stateOf.With(seq).With(consumer).With(replay).Step() && _stateOf.Int32(0) == (int)state;
        _stateOf.Reset();
        return same;
    }

    /// <summary>Whether any delivery of an event to a consumer waits.</summary>
    public bool IsPending(long seq, string consumer) => Exists(_pendingOf.With(seq).With(consumer));

    /// <summary>Whether any delivery of an event to a consumer is dead.</summary>
    public bool IsDead(long seq, string consumer) => Exists(_deadOf.With(seq).With(consumer));

    /// <summary>Whether an event is kept without deliveries.</summary>
    public bool IsKept(long seq) => Exists(_kept.With(seq));

    /// <summary>An event that was kept without deliveries has some now.</summary>
    public void Routed(long seq) => _routed.With(seq).Run();

    /// <summary>The number of an event's next delivery to a consumer.</summary>
    public int NextReplay(long seq, string consumer)
    {
        _lastReplay.With(seq).With(consumer).Step();
        var next = _lastReplay.Int32(0) + 1;
        _lastReplay.Reset();
        return next;
    }

    /// <summary>Ends a delivery without an attempt; false when it is not in that state any more.</summary>
    public bool End(long seq, string consumer, int replay, TaskIdentity identity, DeliveryState from, DeliveryState to, DateTimeOffset now)
    {
        if (_end.With((long)to).With(now).With(seq).With(consumer).With(replay).With((long)from).Run() == 0)
            return false;

        _backlog.Move(consumer, from, to);
        if (from == DeliveryState.Pending)
            _order.Leave(consumer, identity.Task);

        return true;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])
            [_insertKey, _insertEvent, _insertPayload, _insertDelivery, _insertAttempt, _findKey, _dead, _revive, _settle, _settleEnded,
                _stateOf, _pendingOf, _deadOf, _lastReplay, _end, _kept, _routed])
        {
            statement.Dispose();
        }

        _order.Dispose();
    }

    private Guid FindKey(StoredEvent @event)
    {
        _findKey.With(@event.Key.UpdatedAtMs).With(@event.Key.Digest).Step();
        var id = _findKey.Guid(0);
        _findKey.Reset();
        return id;
    }

    private static bool Exists(SqliteStatement statement)
    {
        var found = statement.Step();
        statement.Reset();
        return found;
    }

    private bool SettleEnded(Delivery delivery, Settlement settlement, int attempts, DateTimeOffset now) => _settleEnded
        .With(settlement.State == DeliveryState.Delivered ? (long)DeliveryState.Delivered : null)
        .With(attempts).With(now)
        .With(delivery.Seq).With(delivery.Consumer).With(delivery.Replay).With(delivery.Attempts)
        .Run() != 0;

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
            .With(@event.ContentType).With(@event.SignatureHeader).With(@event.Signature)
            .With(@event.TraceParent).With(@event.TraceState)
            .With(size)
            .Run();
    }

    private void InsertAttempt(long seq, string consumer, int replay, Attempt attempt) => _insertAttempt
        .With(seq).With(consumer).With(replay).With(attempt.Number)
        .With(attempt.At).With((long)attempt.Duration.TotalMilliseconds)
        .With(attempt.Address).With(attempt.Status).With(attempt.Error).With(attempt.Response)
        .Run();
}
