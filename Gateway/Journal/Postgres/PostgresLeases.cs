using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// What this gateway has in hand. The leases themselves are in the database, where they end by its clock; they are renewed
/// from here, and only what is still in here is settled.
/// </summary>
internal sealed class PostgresLeases(PostgresDatabase database, Guid owner, TimeSpan lease)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Held> _held = [];

    /// <summary>Milliseconds of the database's clock.</summary>
    public long Milliseconds => (long)lease.TotalMilliseconds;

    public void Add(IReadOnlyList<Delivery> deliveries, bool inTaskOrder)
    {
        lock (_gate)
        {
            foreach (var delivery in deliveries)
                _held.Add(delivery.Seq, new Held(delivery, inTaskOrder));
        }
    }

    /// <summary>Marks a lease as being settled; false when the caller does not hold it, or is settling it.</summary>
    public bool TryBeginSettle(Delivery delivery)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(delivery.Seq, out var held) || held.IsSettling)
                return false;

            held.IsSettling = true;
            return true;
        }
    }

    /// <summary>Gives a lease back to its holder after a settlement that was not written.</summary>
    public void UndoSettle(Delivery delivery)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(delivery.Seq, out var held))
                held.IsSettling = false;
        }
    }

    /// <summary>Forgets a lease that is settled or released.</summary>
    /// <returns>Whether it was claimed in task order, so that its end may be another one's turn.</returns>
    public bool End(Delivery delivery)
    {
        lock (_gate)
            return _held.Remove(delivery.Seq, out var held) && held.InTaskOrder;
    }

    /// <summary>Takes a lease from its holder; false when the caller does not hold it or is settling it.</summary>
    public bool TryRelease(Delivery delivery)
    {
        lock (_gate)
            return _held.TryGetValue(delivery.Seq, out var held) && !held.IsSettling && _held.Remove(delivery.Seq);
    }

    /// <summary>All that is held, in the order in which deliveries are locked.</summary>
    public Delivery[] All()
    {
        lock (_gate)
            return [.. _held.Values.Select(held => held.Delivery).OrderBy(delivery => delivery.Event.Id).ThenBy(delivery => delivery.Consumer, StringComparer.Ordinal).ThenBy(delivery => delivery.Replay)];
    }

    /// <summary>Renews what is held, in one statement. What another gateway has claimed meanwhile stays its own.</summary>
    public Task RenewAsync(CancellationToken cancellationToken) => SetAsync(All(), Milliseconds, cancellationToken);

    /// <summary>Lets go of everything, for an end.</summary>
    public Task LetGoAsync(CancellationToken cancellationToken) => SetAsync(All(), -1, cancellationToken);

    private async Task SetAsync(Delivery[] held, long milliseconds, CancellationToken cancellationToken)
    {
        if (held.Length == 0)
            return;

        await database.BusyAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Add(
                    $"""
                    UPDATE delivery AS d SET lease_until = {PostgresSql.Now} + $2
                    FROM unnest($3, $4, $5, $6) AS h(event_id, consumer, replay, lease)
                    WHERE {PostgresSql.Among("d.event_id", "$3")}
                      AND d.event_id = h.event_id AND d.consumer = h.consumer AND d.replay = h.replay AND d.lease = h.lease AND d.owner = $7
                    """)
                    .With(database.Now).With(milliseconds)
                    .With(Array.ConvertAll(held, delivery => delivery.Event.Id)).With(Array.ConvertAll(held, delivery => delivery.Consumer))
                    .With(Array.ConvertAll(held, delivery => delivery.Replay)).With(Array.ConvertAll(held, delivery => delivery.Seq))
                    .With(owner);
                return await batch.ExecuteNonQueryAsync(token);
            },
            cancellationToken);
    }

    private sealed class Held(Delivery delivery, bool inTaskOrder)
    {
        public Delivery Delivery => delivery;

        public bool InTaskOrder => inTaskOrder;

        public bool IsSettling { get; set; }
    }
}
