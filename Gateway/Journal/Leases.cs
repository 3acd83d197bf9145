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
    public bool TryTake(string consumer, long seq, int replay, int attempts)
    {
        lock (_gate)
        {
            var held = Of(consumer);
            return !held.SettledMeanwhile.Contains((seq, replay)) && held.Rows.TryAdd((seq, replay), new Lease(attempts, Settling: false));
        }
    }

    /// <summary>Whether the running claim could take a row.</summary>
    public bool IsFree(string consumer, long seq, int replay)
    {
        lock (_gate)
        {
            var held = Of(consumer);
            return !held.SettledMeanwhile.Contains((seq, replay)) && !held.Rows.ContainsKey((seq, replay));
        }
    }

    /// <summary>Marks the lease as being settled; false when the caller does not hold it at that attempt number.</summary>
    public bool TryBeginSettle(Delivery delivery)
    {
        lock (_gate)
        {
            if (!IsOpen(delivery))
                return false;

            Of(delivery.Consumer).Rows[(delivery.Seq, delivery.Replay)] = new Lease(delivery.Attempts, Settling: true);
            return true;
        }
    }

    /// <summary>Gives a lease back to its holder after a settlement that was not written.</summary>
    public void UndoSettle(Delivery delivery)
    {
        lock (_gate)
            Of(delivery.Consumer).Rows[(delivery.Seq, delivery.Replay)] = new Lease(delivery.Attempts, Settling: false);
    }

    /// <summary>Ends a lease whose settlement is committed.</summary>
    public void EndSettle(Delivery delivery)
    {
        lock (_gate)
        {
            var held = Of(delivery.Consumer);
            held.Rows.Remove((delivery.Seq, delivery.Replay));
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
                Of(delivery.Consumer).Rows.Remove((delivery.Seq, delivery.Replay));
        }
    }

    private bool IsOpen(Delivery delivery) =>
        Of(delivery.Consumer).Rows.TryGetValue((delivery.Seq, delivery.Replay), out var lease)
        && !lease.Settling
        && lease.Attempts == delivery.Attempts;

    private Held Of(string consumer)
    {
        if (!_byConsumer.TryGetValue(consumer, out var held))
            _byConsumer.Add(consumer, held = new Held());

        return held;
    }

    private readonly record struct Lease(int Attempts, bool Settling);

    private sealed class Held
    {
        public Dictionary<(long Seq, int Replay), Lease> Rows { get; } = [];

        public HashSet<(long Seq, int Replay)> SettledMeanwhile { get; } = [];

        public int Claims { get; set; }
    }
}
