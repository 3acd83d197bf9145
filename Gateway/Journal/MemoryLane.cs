using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>One consumer's deliveries in memory. The journal's lock guards it.</summary>
internal sealed class MemoryLane
{
    // Fresh ones have due time 0, so that one order serves both.
    private readonly SortedSet<MemoryRow> _fresh = new(MemoryRow.ByDueTime);
    private readonly SortedSet<MemoryRow> _retries = new(MemoryRow.ByDueTime);
    private readonly Dictionary<UInt128, SortedSet<MemoryRow>> _tasks = [];
    private readonly Dictionary<UInt128, int> _leasedTasks = [];
    private readonly SortedSet<MemoryRow> _pending = new(MemoryRow.ByNumber);

    /// <summary>Newest updatedAt, in Unix microseconds, of each task at each stage.</summary>
    public Dictionary<UInt128, long> Newest { get; } = [];

    public LaneState State { get; set; }

    public int Dead { get; set; }

    /// <summary>Deliveries that are kept, of every state.</summary>
    public int Rows { get; set; }

    public int Pending => _pending.Count;

    public MemoryRow? Oldest => _pending.Min;

    /// <summary>A row is pending from now on, at its due time.</summary>
    public void Enter(MemoryRow row)
    {
        row.State = DeliveryState.Pending;
        _pending.Add(row);
        (row.DueAt == 0 ? _fresh : _retries).Add(row);
        if (row.Identity.Task is { } task)
        {
            if (!_tasks.TryGetValue(task, out var rows))
                _tasks.Add(task, rows = new SortedSet<MemoryRow>(MemoryRow.ByPlace));

            rows.Add(row);
        }
    }

    /// <summary>A row is no longer pending, or is about to change its due time.</summary>
    public void Leave(MemoryRow row)
    {
        _pending.Remove(row);
        (row.DueAt == 0 ? _fresh : _retries).Remove(row);
        if (row.Identity.Task is { } task && _tasks.TryGetValue(task, out var rows) && rows.Remove(row) && rows.Count == 0)
            _tasks.Remove(task);
    }

    /// <summary>Whether a task has pending deliveries.</summary>
    public bool Has(UInt128? task) => task is { } some && _tasks.ContainsKey(some);

    /// <summary>Pending deliveries of a task.</summary>
    public MemoryRow[] Of(UInt128 task) => _tasks.TryGetValue(task, out var rows) ? [.. rows] : [];

    /// <summary>Leases due deliveries: fresh ones first, but a quarter retries when there are so many.</summary>
    public MemoryRow[] Claim(int limit, long now, bool inTaskOrder)
    {
        var retries = Free(_retries, inTaskOrder).TakeWhile(row => row.DueAt <= now).Take(limit).ToArray();
        var fresh = Free(_fresh, inTaskOrder).Take(limit - Math.Min(retries.Length, (limit + 2) / 4)).ToArray();
        MemoryRow[] taken = [.. fresh, .. retries.Take(limit - fresh.Length)];
        foreach (var row in taken)
        {
            (row.DueAt == 0 ? _fresh : _retries).Remove(row);
            row.IsLeased = true;
            if (row.Identity.Task is { } task)
                _leasedTasks[task] = _leasedTasks.GetValueOrDefault(task) + 1;
        }

        return taken;
    }

    /// <summary>A lease ends; the row is offered again when it is pending still.</summary>
    public void EndLease(MemoryRow row)
    {
        row.IsLeased = false;
        if (row.Identity.Task is { } task && --_leasedTasks[task] == 0)
            _leasedTasks.Remove(task);

        if (row.State == DeliveryState.Pending)
            (row.DueAt == 0 ? _fresh : _retries).Add(row);
    }

    public long? NextDue(bool inTaskOrder) => Free(_fresh.Concat(_retries), inTaskOrder).FirstOrDefault()?.DueAt;

    private IEnumerable<MemoryRow> Free(IEnumerable<MemoryRow> rows, bool inTaskOrder) => inTaskOrder
        ? rows.Where(row => row.Identity.Task is not { } task || (!_leasedTasks.ContainsKey(task) && _tasks[task].Min == row))
        : rows;
}

/// <summary>One event in memory.</summary>
internal sealed class MemoryEntry
{
    private TaskIdentity? _identity;

    public MemoryEntry(long seq, StoredEvent @event, Payload payload)
    {
        (Seq, Event, Payload) = (seq, @event, payload);
        InOrder = new LinkedListNode<MemoryEntry>(this);
    }

    public long Seq { get; }

    public StoredEvent Event { get; set; }

    public Payload Payload { get; }

    /// <summary>Its place in the order of arrival.</summary>
    public LinkedListNode<MemoryEntry> InOrder { get; }

    public List<MemoryRow> Rows { get; } = new(capacity: 1);

    /// <summary>Made when it is first asked for: one that was delivered at once needs none.</summary>
    public TaskIdentity Identity => _identity ??= TaskIdentity.Of(Event);

    /// <summary>It waits among those that leave after their term.</summary>
    public bool IsLeaving { get; set; }

    public bool IsSettled =>
        Event.Disposition != Disposition.Quarantined && !Rows.Exists(row => row.State is DeliveryState.Pending or DeliveryState.Dead);
}

/// <summary>One delivery in memory.</summary>
internal sealed class MemoryRow(MemoryEntry entry, string consumer, int replay)
{
    public static readonly IComparer<MemoryRow> ByDueTime = Comparer<MemoryRow>.Create(
        static (a, b) => (a.DueAt, a.Entry.Seq, a.Replay).CompareTo((b.DueAt, b.Entry.Seq, b.Replay)));

    public static readonly IComparer<MemoryRow> ByPlace = Comparer<MemoryRow>.Create(static (a, b) => a.Place.CompareTo(b.Place));

    public static readonly IComparer<MemoryRow> ByNumber = Comparer<MemoryRow>.Create(
        static (a, b) => (a.Entry.Seq, a.Replay).CompareTo((b.Entry.Seq, b.Replay)));

    public MemoryEntry Entry => entry;

    public string Consumer => consumer;

    public int Replay => replay;

    public TaskIdentity Identity => entry.Identity;

    public DeliveryState State { get; set; }

    public bool IsLeased { get; set; }

    /// <summary>Unix milliseconds; 0 while it was never tried.</summary>
    public long DueAt { get; set; }

    public int Attempts { get; set; }

    public DateTimeOffset QueuedAt { get; set; }

    public DateTimeOffset? SettledAt { get; set; }

    public List<Attempt> Tries { get; } = new(capacity: 1);

    private (long UpdatedUs, long Seq, int Replay) Place => TaskIdentity.Place(Identity.UpdatedUs, entry.Seq, replay);
}
