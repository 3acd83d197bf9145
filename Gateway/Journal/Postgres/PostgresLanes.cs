using System.Collections.Concurrent;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Which lanes are paused or open: in memory to be read, in a table that all gateways share.</summary>
internal sealed class PostgresLanes(PostgresDatabase database) : IDisposable
{
    private readonly ConcurrentDictionary<string, LaneState> _states = new(StringComparer.Ordinal);

    // Two writes at once would be noted in memory in whichever order their answers come.
    private readonly SemaphoreSlim _writing = new(1);
    private long _writes;

    public IReadOnlyDictionary<string, LaneState> All => _states;

    public LaneState Of(string consumer) => _states.GetValueOrDefault(consumer);

    /// <summary>Pauses or resumes, and leaves the circuit alone.</summary>
    public Task WritePausedAsync(string consumer, DateTimeOffset? pausedAt, CancellationToken cancellationToken) =>
        WriteAsync("paused_at", consumer, pausedAt, cancellationToken);

    /// <summary>Opens or closes the circuit, and leaves the pause alone.</summary>
    public Task WriteOpenAsync(string consumer, DateTimeOffset? openSince, CancellationToken cancellationToken) =>
        WriteAsync("open_since", consumer, openSince, cancellationToken);

    /// <summary>Counts beginnings and ends of writes: <see cref="Take"/> wants the count from before its rows were read.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Takes over what the table said; but not when a write of ours came in between, which it may not have seen.</summary>
    /// <returns>Whose state has changed.</returns>
    public List<string> Take(IReadOnlyDictionary<string, LaneState> rows, long writes)
    {
        if (Writes != writes || writes % 2 != 0)
            return [];

        var changed = new List<string>();
        foreach (var consumer in _states.Keys.Concat(rows.Keys).Distinct(StringComparer.Ordinal).ToArray())
        {
            var state = rows.GetValueOrDefault(consumer);
            if (Of(consumer) == state)
                continue;

            Keep(consumer, state);
            changed.Add(consumer);
        }

        return changed;
    }

    public void Dispose() => _writing.Dispose();

    private async Task WriteAsync(string column, string consumer, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            Interlocked.Increment(ref _writes);
            Keep(consumer, await database.BusyAsync(
                async (connection, token) =>
                {
                    await using var batch = new NpgsqlBatch(connection);
                    batch.Add(
                        $"""
                        INSERT INTO lane(consumer, {column}) VALUES($1, $2)
                        ON CONFLICT(consumer) DO UPDATE SET {column} = excluded.{column} RETURNING paused_at, open_since
                        """).With(consumer).With(at);
                    batch.Add("DELETE FROM lane WHERE consumer = $1 AND paused_at IS NULL AND open_since IS NULL").With(consumer);
                    await using var row = await batch.ExecuteReaderAsync(token);
                    await row.ReadAsync(token);
                    return new LaneState(row.TimeOrNull(0), row.TimeOrNull(1));
                },
                cancellationToken));
        }
        finally
        {
            Interlocked.Increment(ref _writes);
            _writing.Release();
        }
    }

    private void Keep(string consumer, LaneState state)
    {
        if (state == default)
            _states.TryRemove(consumer, out _);
        else
            _states[consumer] = state;
    }
}
