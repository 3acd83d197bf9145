using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// The journal without a disk, for trials and tests: everything is gone at exit, and <see cref="AppendStatus.Accepted"/>
/// promises nothing beyond that. Otherwise it does what the others do.
/// </summary>
/// <remarks>Settled events leave after retention, or earlier when their payloads together exceed 256 MiB.</remarks>
internal sealed partial class MemoryJournal(Func<Retention> retention, TimeProvider timeProvider) : IJournal
{
    private const long MaxSettledBytes = 256 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<EventKey, Guid> _keys = [];
    private readonly Dictionary<Guid, Entry> _events = [];
    private readonly Dictionary<string, SortedDictionary<(long DueAt, long Seq), Row>> _due = new(StringComparer.Ordinal);
    private readonly Queue<Entry> _settled = new();
    private readonly Queue<StoredEvent> _remembered = new();
    private readonly WorkSignals _signals = new(timeProvider);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, LaneState> _lanes = new(StringComparer.Ordinal);
    private long _lastSeq;
    private long _settledBytes;
    private bool _closed;

    public JournalHealth Health => default;

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

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
            Add(new Entry(++_lastSeq, @event, payload.ToArray()), deliveries);
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
            var now = Now;
            var rows = DueOf(consumer).TakeWhile(due => due.Key.DueAt <= now).Take(limit).Select(due => due.Value).ToArray();
            return ValueTask.FromResult<IReadOnlyList<Delivery>>(Array.ConvertAll(rows, Lease));
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
            return ValueTask.FromResult(true);
        }
    }

    public LaneState Lane(string consumer) => _lanes.GetValueOrDefault(consumer);

    public ValueTask SetLaneAsync(string consumer, LaneState state, CancellationToken cancellationToken)
    {
        _lanes[consumer] = state;
        _signals.Pulse(consumer);
        return ValueTask.CompletedTask;
    }

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
                Offer(row);
        }
    }

    public ValueTask<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var due = DueOf(consumer);
            return ValueTask.FromResult<DateTimeOffset?>(due.Count == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(due.First().Key.DueAt));
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

    private void Add(Entry entry, IReadOnlyList<NewDelivery> deliveries)
    {
        _keys.Add(entry.Event.Key, entry.Event.Id);
        _remembered.Enqueue(entry.Event);
        _events.Add(entry.Event.Id, entry);
        foreach (var delivery in deliveries)
        {
            var row = new Row(entry, delivery.Consumer) { QueuedAt = entry.Event.ReceivedAt };
            entry.Rows.Add(row);
            if (delivery.Done is null)
                Offer(row);
            else
                (row.State, row.Attempts) = (DeliveryState.Delivered, 1);
        }

        entry.Rows.Where(row => row.State == DeliveryState.Pending).ToList().ForEach(row => _signals.Pulse(row.Consumer));
        CountSettled(entry);
    }

    private void Revive(Guid id)
    {
        if (!_events.TryGetValue(id, out var entry))
            return;

        foreach (var row in entry.Rows.Where(row => row.State == DeliveryState.Dead))
        {
            (row.State, row.DueAt, row.QueuedAt) = (DeliveryState.Pending, Now, timeProvider.GetUtcNow());
            Offer(row);
            _signals.Pulse(row.Consumer);
        }
    }

    private void Settle(Row row, Settlement settlement)
    {
        row.State = settlement.State;
        row.IsLeased = false;
        row.Attempts += settlement.Attempt is null ? 0 : 1;
        if (row.State == DeliveryState.Pending)
        {
            row.DueAt = settlement.DueAt?.ToUnixTimeMilliseconds() ?? Now;
            Offer(row);
            _signals.Pulse(row.Consumer);
        }

        CountSettled(row.Entry);
    }

    private void CountSettled(Entry entry)
    {
        if (entry.Event.Disposition == Disposition.Quarantined
            || entry.Rows.Exists(row => row.State is DeliveryState.Pending or DeliveryState.Dead))
        {
            return;
        }

        _settled.Enqueue(entry);
        _settledBytes += entry.Payload.Length;
    }

    private void Forget()
    {
        var (now, terms) = (timeProvider.GetUtcNow(), retention());
        while (_settled.TryPeek(out var oldest) && (oldest.Event.ReceivedAt < now - terms.Events || _settledBytes > MaxSettledBytes))
        {
            _settled.Dequeue();
            _settledBytes -= oldest.Payload.Length;
            _events.Remove(oldest.Event.Id);
        }

        while (_remembered.TryPeek(out var first) && first.ReceivedAt < now - terms.Keys && !_events.ContainsKey(first.Id))
        {
            _remembered.Dequeue();
            if (first.Key.UpdatedAtMs < (now - terms.Keys).ToUnixTimeMilliseconds())
                _keys.Remove(first.Key);
        }
    }

    private Delivery Lease(Row row)
    {
        DueOf(row.Consumer).Remove((row.DueAt, row.Entry.Seq));
        row.IsLeased = true;
        return new Delivery(row.Entry.Event, row.Entry.Payload.Length, row.Consumer, Replay: 0, row.Attempts, row.QueuedAt) { Seq = row.Entry.Seq };
    }

    private Row? Leased(Delivery delivery) => _events.TryGetValue(delivery.Event.Id, out var entry)
        ? entry.Rows.Find(row => row.Consumer == delivery.Consumer && row.IsLeased && row.Attempts == delivery.Attempts)
        : null;

    private void Offer(Row row)
    {
        row.IsLeased = false;
        DueOf(row.Consumer).Add((row.DueAt, row.Entry.Seq), row);
    }

    /// <summary>A consumer's pending, unleased rows as they are handed out; a row leaves before its due time changes.</summary>
    private SortedDictionary<(long DueAt, long Seq), Row> DueOf(string consumer)
    {
        if (!_due.TryGetValue(consumer, out var due))
            _due.Add(consumer, due = []);

        return due;
    }

    private sealed record Entry(long Seq, StoredEvent Event, byte[] Payload)
    {
        public List<Row> Rows { get; } = [];
    }

    private sealed class Row(Entry entry, string consumer)
    {
        public Entry Entry => entry;

        public string Consumer => consumer;

        public DeliveryState State { get; set; }

        public bool IsLeased { get; set; }

        /// <summary>Unix milliseconds; 0 while it was never tried.</summary>
        public long DueAt { get; set; }

        public int Attempts { get; set; }

        public DateTimeOffset QueuedAt { get; set; }
    }
}
