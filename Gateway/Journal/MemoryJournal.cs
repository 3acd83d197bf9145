using AngoGateway.Envelopes;
using AngoGateway.Telemetry;

namespace AngoGateway.Journal;

/// <summary>
/// The journal without a disk, for trials and tests: everything is gone at exit, and <see cref="AppendStatus.Accepted"/>
/// promises nothing beyond that. Otherwise it does what the others do.
/// </summary>
/// <remarks>Settled events leave after retention, or earlier when their payloads together exceed 256 MiB.</remarks>
internal sealed partial class MemoryJournal(Func<Retention> retention, TimeProvider timeProvider) : IJournal
{
    private readonly Lock _gate = new();
    private readonly Dictionary<EventKey, Guid> _keys = [];
    private readonly Dictionary<Guid, MemoryEntry> _events = [];
    private readonly SortedSet<MemoryEntry> _bySeq = new(Comparer<MemoryEntry>.Create(static (a, b) => a.Seq.CompareTo(b.Seq)));
    private readonly Dictionary<string, MemoryLane> _lanes = new(StringComparer.Ordinal);
    private readonly WorkSignals _signals = new(timeProvider);
    private long _lastSeq;
    private bool _closed;

    public JournalHealth Health => default;

    private DateTimeOffset Now => timeProvider.GetUtcNow();

    public ValueTask<AppendResult> AppendAsync(
        StoredEvent @event, ReadOnlyMemory<byte> payload, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_closed)
                return ValueTask.FromResult(new AppendResult(AppendStatus.Unavailable, Guid.Empty, "The journal is closing."));

            if (_keys.TryGetValue(@event.Key, out var first))
            {
                Revive(first);
                return ValueTask.FromResult(new AppendResult(AppendStatus.Duplicate, first));
            }

            Forget();
            Add(new MemoryEntry(++_lastSeq, @event, payload.ToArray()), deliveries);
            DeliveryLag.Record(@event, deliveries);
            return ValueTask.FromResult(new AppendResult(AppendStatus.Accepted, @event.Id));
        }
    }

    public ValueTask<Guid?> FindAsync(EventKey key, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult<Guid?>(_keys.TryGetValue(key, out var id) ? id : null);
    }

    public ValueTask<IReadOnlyList<Delivery>> ClaimAsync(string consumer, int limit, bool inTaskOrder, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var rows = LaneOf(consumer).Claim(limit, Now.ToUnixTimeMilliseconds(), inTaskOrder);
            return ValueTask.FromResult<IReadOnlyList<Delivery>>(Array.ConvertAll(
                rows,
                row => new Delivery(row.Entry.Event, row.Entry.Payload.Length, consumer, row.Replay, row.Attempts, row.QueuedAt) { Seq = row.Entry.Seq, WasPutOff = row.DueAt != 0 }));
        }
    }

    public ValueTask<Payload> ReadPayloadAsync(Guid eventId, CancellationToken cancellationToken)
    {
        byte[] bytes;
        lock (_gate)
        {
            bytes = _events.TryGetValue(eventId, out var entry)
                ? entry.Payload
                : throw new KeyNotFoundException($"Event {eventId} is not in the journal.");
        }

        var payload = new Payload(bytes.Length);
        bytes.CopyTo(payload.Fill(bytes.Length));
        return ValueTask.FromResult(payload);
    }

    public ValueTask<bool> SettleAsync(Delivery delivery, Settlement settlement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_closed)
                throw new JournalUnavailableException("The journal is closing.");

            if (Leased(delivery) is not { } row)
                return ValueTask.FromResult(false);

            Settle(row, settlement);
            if (settlement.State == DeliveryState.Delivered)
                DeliveryLag.Record(delivery, Now);

            return ValueTask.FromResult(true);
        }
    }

    public LaneState Lane(string consumer)
    {
        lock (_gate)
            return _lanes.TryGetValue(consumer, out var lane) ? lane.State : default;
    }

    public ValueTask SetPausedAsync(string consumer, DateTimeOffset? pausedAt, CancellationToken cancellationToken) =>
        SetLane(consumer, state => state with { PausedAt = pausedAt });

    public ValueTask SetOpenAsync(string consumer, DateTimeOffset? openSince, CancellationToken cancellationToken) =>
        SetLane(consumer, state => state with { OpenSince = openSince });

    public ValueTask ReviveAsync(Guid eventId, CancellationToken cancellationToken)
    {
        lock (_gate)
            Revive(eventId);

        return ValueTask.CompletedTask;
    }

    public void Release(Delivery delivery)
    {
        lock (_gate)
        {
            if (Leased(delivery) is { } row)
                LaneOf(row.Consumer).EndLease(row);
        }
    }

    public ValueTask<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<DateTimeOffset?>(
                LaneOf(consumer).NextDue(inTaskOrder) is { } due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null);
        }
    }

    public Task WaitForWorkAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken) =>
        _signals.WaitAsync(consumer, limit, cancellationToken);

    public ValueTask DisposeAsync()
    {
        lock (_gate)
            _closed = true;

        return ValueTask.CompletedTask;
    }

    private ValueTask SetLane(string consumer, Func<LaneState, LaneState> change)
    {
        lock (_gate)
        {
            var lane = LaneOf(consumer);
            lane.State = change(lane.State);
        }

        _signals.Pulse(consumer);
        return ValueTask.CompletedTask;
    }

    private void Add(MemoryEntry entry, IReadOnlyList<NewDelivery> deliveries)
    {
        _keys.Add(entry.Event.Key, entry.Event.Id);
        _remembered.Enqueue(entry.Event);
        _events.Add(entry.Event.Id, entry);
        _bySeq.Add(entry);
        RememberTrace(entry);
        if (entry.Event.Disposition == Disposition.Quarantined)
            _kept.Enqueue((entry.Event.ReceivedAt, entry));

        foreach (var delivery in deliveries)
            Insert(entry, replay: 0, delivery, entry.Event.ReceivedAt);

        CountSettled(entry);
    }

    private void Insert(MemoryEntry entry, int replay, NewDelivery delivery, DateTimeOffset queuedAt)
    {
        var lane = LaneOf(delivery.Consumer);
        var row = new MemoryRow(entry, delivery.Consumer, replay, TaskIdentity.Of(entry.Event)) { QueuedAt = queuedAt };
        entry.Rows.Add(row);
        lane.Rows++;
        var late = delivery.NewestOnly && Supersede(lane, row);
        if (delivery.Done is { } done)
        {
            (row.State, row.Attempts, row.SettledAt) = (DeliveryState.Delivered, 1, done.At + done.Duration);
            row.Tries.Add(done with { Number = 1 });
            CountEnd(row);
        }
        else if (late)
        {
            (row.State, row.SettledAt) = (DeliveryState.Superseded, Now);
            CountEnd(row);
        }
        else
        {
            lane.Enter(row);
            _signals.Pulse(row.Consumer);
        }
    }

    /// <returns>Whether the new row is superseded itself.</returns>
    private bool Supersede(MemoryLane lane, MemoryRow row)
    {
        if (row.Identity is not { Task: { } task, UpdatedUs: { } updatedUs } || TaskIdentity.AtStage(row.Entry.Event) is not { } stage)
            return false;

        if (lane.Newest.TryGetValue(stage, out var newest) && newest > updatedUs)
            return true;

        lane.Newest[stage] = updatedUs;
        foreach (var older in lane.Of(task).Where(older => older.Identity.UpdatedUs < updatedUs && TaskIdentity.AtStage(older.Entry.Event) == stage))
            End(older, DeliveryState.Superseded);

        return false;
    }

    private bool IsLate(MemoryRow row) => row.Identity.UpdatedUs is { } updatedUs
        && TaskIdentity.AtStage(row.Entry.Event) is { } stage
        && LaneOf(row.Consumer).Newest.TryGetValue(stage, out var newest)
        && newest > updatedUs;

    private void Revive(Guid id)
    {
        if (!_events.TryGetValue(id, out var entry))
            return;

        foreach (var row in entry.Rows.Where(row => row.State == DeliveryState.Dead).ToArray())
        {
            if (IsLate(row))
            {
                End(row, DeliveryState.Superseded);
                continue;
            }

            (row.DueAt, row.QueuedAt, row.SettledAt) = (Now.ToUnixTimeMilliseconds(), Now, null);
            LaneOf(row.Consumer).Dead--;
            LaneOf(row.Consumer).Enter(row);
            _signals.Pulse(row.Consumer);
        }
    }

    private void Settle(MemoryRow row, Settlement settlement)
    {
        if (settlement.Attempt is { } attempt)
            row.Tries.Add(attempt with { Number = ++row.Attempts });

        var lane = LaneOf(row.Consumer);
        var settledAt = Now;
        if (row.State == DeliveryState.Pending)
        {
            lane.Leave(row);
            if (settlement.State == DeliveryState.Pending)
            {
                row.DueAt = (settlement.DueAt ?? Now).ToUnixTimeMilliseconds();
                lane.Enter(row);
            }
            else
            {
                End(row, settlement.State);
            }
        }
        else if (settlement.State == DeliveryState.Delivered)
        {
            (row.State, row.SettledAt) = (DeliveryState.Delivered, settledAt);
            CountEnd(row);
        }
        else
        {
            row.SettledAt = settledAt;
        }

        lane.EndLease(row);
        if (settlement.State == DeliveryState.Pending || lane.Has(row.Identity.Task))
            _signals.Pulse(row.Consumer);

        CountSettled(row.Entry);
    }

    /// <summary>A pending or dead row gets another state.</summary>
    private void End(MemoryRow row, DeliveryState state)
    {
        var lane = LaneOf(row.Consumer);
        if (row.State == DeliveryState.Dead)
            lane.Dead--;
        else
            lane.Leave(row);

        (row.State, row.SettledAt) = (state, Now);
        CountEnd(row);
        if (state == DeliveryState.Dead)
        {
            lane.Dead++;
            _kept.Enqueue((Now, row.Entry));
        }

        CountSettled(row.Entry);
    }

    private static void CountEnd(MemoryRow row) => Metrics.Deliveries.Add(1, Metrics.Consumer(row.Consumer), Metrics.Outcome(row.State));

    private MemoryRow? Leased(Delivery delivery) => _events.TryGetValue(delivery.Event.Id, out var entry)
        ? entry.Rows.Find(row => row.Consumer == delivery.Consumer && row.Replay == delivery.Replay && row.IsLeased && row.Attempts == delivery.Attempts)
        : null;

    private MemoryLane LaneOf(string consumer)
    {
        if (!_lanes.TryGetValue(consumer, out var lane))
            _lanes.Add(consumer, lane = new MemoryLane());

        return lane;
    }
}
