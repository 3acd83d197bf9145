using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// The journal without a disk, for trials and tests: everything is gone at exit, and <see cref="AppendStatus.Accepted"/>
/// promises nothing beyond that. Otherwise it does what the others do.
/// </summary>
/// <remarks>Settled events leave after retention, or earlier when there are more than 256 or they take more than 16 MiB together.</remarks>
internal sealed partial class MemoryJournal(Func<Retention> retention, TimeProvider timeProvider) : IJournal
{
    private readonly Lock _gate = new();
    private readonly MemoryKeys _keys = new();
    private readonly Dictionary<Guid, MemoryEntry> _events = [];
    private readonly LinkedList<MemoryEntry> _bySeq = new();
    private readonly Dictionary<string, MemoryLane> _lanes = new(StringComparer.Ordinal);
    private readonly WorkSignals _signals = new(timeProvider);
    private long _lastSeq;
    private bool _closed;

    public JournalHealth Health => default;

    private DateTimeOffset Now => timeProvider.GetUtcNow();

    public ValueTask<AppendResult> AppendAsync(
        StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult(Append(@event, payload, deliveries));
    }

    public ValueTask<Guid?> FindAsync(EventKey key, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult(_keys.Find(key));
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
        lock (_gate)
        {
            return _events.TryGetValue(eventId, out var entry)
                ? ValueTask.FromResult(entry.Payload.Share())
                : throw new KeyNotFoundException($"Event {eventId} is not in the journal.");
        }
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

    private AppendResult Append(StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries)
    {
        if (_closed)
            return new AppendResult(AppendStatus.Unavailable, Guid.Empty, "The journal is closing.");

        if (_keys.Find(@event.Key) is { } first)
        {
            Revive(first);
            return new AppendResult(AppendStatus.Duplicate, first);
        }

        Forget();
        Add(new MemoryEntry(++_lastSeq, @event, payload.Share()), deliveries);
        DeliveryLag.Record(@event, deliveries);
        return new AppendResult(AppendStatus.Accepted, @event.Id);
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
