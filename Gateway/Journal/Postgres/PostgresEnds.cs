using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>How many deliveries a transaction has ended, and how; told to the metrics once it is committed.</summary>
internal sealed class PostgresEnds
{
    private readonly Dictionary<(string Consumer, DeliveryState State), long> _counts = [];

    public int Count { get; private set; }

    public void Add(string consumer, DeliveryState state)
    {
        Count++;
        _counts[(consumer, state)] = _counts.GetValueOrDefault((consumer, state)) + 1;
    }

    /// <summary>Adds one for each row of an answer, which names the consumer in its first column.</summary>
    public async Task AddAllAsync(NpgsqlDataReader row, DeliveryState state, CancellationToken cancellationToken)
    {
        while (await row.ReadAsync(cancellationToken))
            Add(row.GetString(0), state);
    }

    /// <summary>After the commit.</summary>
    public void Committed()
    {
        foreach (var ((consumer, state), count) in _counts)
            Metrics.Deliveries.Add(count, Metrics.Consumer(consumer), Metrics.Outcome(state));
    }
}
