using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>Which lanes are paused or open: in memory to be read, in a table to last.</summary>
internal sealed class SqliteLanes
{
    private readonly SqliteConnection _connection;
    private readonly ConcurrentDictionary<string, LaneState> _states = new(StringComparer.Ordinal);

    public SqliteLanes(SqliteConnection connection)
    {
        _connection = connection;
        using var all = new SqliteStatement(connection, "SELECT consumer, paused_at, open_since FROM lane");
        while (all.Step())
            _states[all.Text(0)!] = new LaneState(all.TimeOrNull(1), all.TimeOrNull(2));
    }

    public IReadOnlyDictionary<string, LaneState> All => _states;

    public LaneState Of(string consumer) => _states.GetValueOrDefault(consumer);

    /// <summary>The writer's: pauses or resumes, and leaves the circuit alone.</summary>
    /// <returns>The lane's whole state now, as far as the transaction knows.</returns>
    public LaneState WritePaused(string consumer, DateTimeOffset? pausedAt) => Write(
        "INSERT INTO lane(consumer, paused_at) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET paused_at = ?2 RETURNING paused_at, open_since",
        consumer,
        pausedAt);

    /// <summary>The writer's: opens or closes the circuit, and leaves the pause alone.</summary>
    /// <returns>The lane's whole state now, as far as the transaction knows.</returns>
    public LaneState WriteOpen(string consumer, DateTimeOffset? openSince) => Write(
        "INSERT INTO lane(consumer, open_since) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET open_since = ?2 RETURNING paused_at, open_since",
        consumer,
        openSince);

    /// <summary>After the commit.</summary>
    public void Keep(string consumer, LaneState state)
    {
        if (state == default)
            _states.TryRemove(consumer, out _);
        else
            _states[consumer] = state;
    }

    private LaneState Write(string sql, string consumer, DateTimeOffset? at)
    {
        using var upsert = new SqliteStatement(_connection, sql);
        upsert.With(consumer).With(at).Step();
        var state = new LaneState(upsert.TimeOrNull(0), upsert.TimeOrNull(1));
        upsert.Reset();
        if (state == default)
        {
            using var delete = new SqliteStatement(_connection, "DELETE FROM lane WHERE consumer = ?");
            delete.With(consumer).Run();
        }

        return state;
    }
}
