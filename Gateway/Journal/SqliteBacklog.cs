using AngoGateway.Telemetry;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// How many deliveries wait and how many died, per consumer: counted in memory during a transaction, written once before
/// its commit. How many ended, and how, is told to the metrics after it.
/// </summary>
internal sealed class SqliteBacklog(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _add = new(connection,
        """
        INSERT INTO backlog(consumer, pending, dead) VALUES(?, ?, ?)
        ON CONFLICT DO UPDATE SET pending = pending + excluded.pending, dead = dead + excluded.dead
        """);

    private readonly Dictionary<string, (long Pending, long Dead)> _changes = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Consumer, DeliveryState State), long> _ended = [];

    public void Count(string consumer, DeliveryState state, int change)
    {
        var (pending, dead) = _changes.GetValueOrDefault(consumer);
        _changes[consumer] = state switch
        {
            DeliveryState.Pending => (pending + change, dead),
            DeliveryState.Dead => (pending, dead + change),
            _ => (pending, dead), // named all the same: the consumer has a delivery
        };
        if (change > 0 && state != DeliveryState.Pending)
            End(consumer, state);
    }

    /// <summary>One has ended that was neither waiting nor dead.</summary>
    public void End(string consumer, DeliveryState state) => _ended[(consumer, state)] = _ended.GetValueOrDefault((consumer, state)) + 1;

    public void Move(string consumer, DeliveryState from, DeliveryState to)
    {
        Count(consumer, from, -1);
        Count(consumer, to, +1);
    }

    /// <summary>As the last thing before the commit.</summary>
    public void Write()
    {
        foreach (var (consumer, (pending, dead)) in _changes)
            _add.With(consumer).With(pending).With(dead).Run();

        _changes.Clear();
    }

    /// <summary>After the commit.</summary>
    public void Committed()
    {
        foreach (var ((consumer, state), count) in _ended)
            Metrics.Deliveries.Add(count, Metrics.Consumer(consumer), Metrics.Outcome(state));

        _ended.Clear();
    }

    /// <summary>After a rollback.</summary>
    public void Forget()
    {
        _changes.Clear();
        _ended.Clear();
    }

    public void Dispose() => _add.Dispose();
}
