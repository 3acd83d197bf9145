namespace AngoGateway.Journal;

/// <summary>
/// Which deliveries are in somebody's hands. Kept in memory only: one process owns a journal, and a restart frees them.
/// </summary>
/// <remarks>
/// A claim reads a snapshot of the store. A delivery settled while that read runs would still look pending in it, so
/// leases that end by settling stay closed to the claims that had begun before.
/// </remarks>
internal sealed class Leases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _byConsumer = new(StringComparer.Ordinal);

    /// <summary>Begins a claim; <see cref="EndClaim"/> must follow.</summary>
    /// <returns>How many rows of the consumer are leased: so many more have to be read.</returns>
    public int BeginClaim(string consumer)
    {
        lock (_gate)
        {
            var held = Of(consumer);
            held.Claims++;
            return held.Rows.Count + held.SettledMeanwhile.Count;
        }
    }

    public void EndClaim(string consumer)
    {
        lock (_gate)
        {
            var held = Of(consumer);
            if (--held.Claims == 0)
                held.SettledMeanwhile.Clear();
        }
    }

    /// <summary>Leases a row that the running claim has read; false when it is in other hands or was settled meanwhile.</summary>
    /// <param name="consumer">Name of the consumer.</param>
    /// <param name="row">The row.</param>
    /// <param name="attempts">Attempts made so far: the fence of its settlement.</param>
    /// <param name="task">Its task; null when it has none.</param>
    /// <param name="oneOfTask">False also when another delivery of that task is in somebody's hands.</param>
    public bool TryTake(string consumer, (long Seq, int Replay) row, int attempts, UInt128? task, bool oneOfTask)
    {
        lock (_gate)
        {
            var held = Of(consumer);
            if (!held.IsFree(row, oneOfTask ? task : null))
                return false;

            held.Add(row, new Lease(attempts, task, Settling: false));
            return true;
        }
    }

    /// <summary>Whether the running claim could take a row.</summary>
    public bool IsFree(string consumer, (long Seq, int Replay) row, UInt128? task, bool oneOfTask)
    {
        lock (_gate)
            return Of(consumer).IsFree(row, oneOfTask ? task : null);
    }

    /// <summary>Marks the lease as being settled; false when the caller does not hold it at that attempt number.</summary>
    public bool TryBeginSettle(Delivery delivery)
    {
        lock (_gate)
        {
            if (!IsOpen(delivery))
                return false;

            SetSettling(delivery, true);
            return true;
        }
    }

    /// <summary>Gives a lease back to its holder after a settlement that was not written.</summary>
    public void UndoSettle(Delivery delivery)
    {
        lock (_gate)
            SetSettling(delivery, false);
    }

    /// <summary>Ends a lease whose settlement is committed.</summary>
    public void EndSettle(Delivery delivery)
    {
        lock (_gate)
        {
            var held = Of(delivery.Consumer);
            held.Remove((delivery.Seq, delivery.Replay));
            if (held.Claims > 0)
                held.SettledMeanwhile.Add((delivery.Seq, delivery.Replay));
        }
    }

    /// <summary>Ends a lease without a trace. No effect when the caller does not hold it or is settling it.</summary>
    public void Release(Delivery delivery)
    {
        lock (_gate)
        {
            if (IsOpen(delivery))
                Of(delivery.Consumer).Remove((delivery.Seq, delivery.Replay));
        }
    }

    private bool IsOpen(Delivery delivery) =>
        Of(delivery.Consumer).Rows.TryGetValue((delivery.Seq, delivery.Replay), out var lease)
        && !lease.Settling
        && lease.Attempts == delivery.Attempts;

    private void SetSettling(Delivery delivery, bool settling)
    {
        var rows = Of(delivery.Consumer).Rows;
        rows[(delivery.Seq, delivery.Replay)] = rows[(delivery.Seq, delivery.Replay)] with { Settling = settling };
    }

    private Held Of(string consumer)
    {
        if (!_byConsumer.TryGetValue(consumer, out var held))
            _byConsumer.Add(consumer, held = new Held());

        return held;
    }

    private readonly record struct Lease(int Attempts, UInt128? Task, bool Settling);

    private sealed class Held
    {
        // More than one only after the consumer was switched to task order with attempts in flight.
        private readonly Dictionary<UInt128, int> _tasks = [];

        public Dictionary<(long Seq, int Replay), Lease> Rows { get; } = [];

        public HashSet<(long Seq, int Replay)> SettledMeanwhile { get; } = [];

        public int Claims { get; set; }

        public bool IsFree((long Seq, int Replay) row, UInt128? task) =>
            !SettledMeanwhile.Contains(row) && !Rows.ContainsKey(row) && (task is null || !_tasks.ContainsKey(task.Value));

        public void Add((long Seq, int Replay) row, Lease lease)
        {
            Rows.Add(row, lease);
            if (lease.Task is { } task)
                _tasks[task] = _tasks.GetValueOrDefault(task) + 1;
        }

        public void Remove((long Seq, int Replay) row)
        {
            if (!Rows.Remove(row, out var lease) || lease.Task is not { } task)
                return;

            if (_tasks[task] == 1)
                _tasks.Remove(task);
            else
                _tasks[task]--;
        }
    }
}
