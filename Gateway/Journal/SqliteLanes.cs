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

    /// <summary>The writer's.</summary>
    /// <returns>How many rows changed.</returns>
    public int Write(string consumer, LaneState state)
    {
        if (state == default)
        {
            using var delete = new SqliteStatement(_connection, "DELETE FROM lane WHERE consumer = ?");
            return delete.With(consumer).Run();
        }

        using var replace = new SqliteStatement(_connection, "REPLACE INTO lane(consumer, paused_at, open_since) VALUES(?, ?, ?)");
        return replace.With(consumer).With(state.PausedAt).With(state.OpenSince).Run();
    }

    /// <summary>After the commit.</summary>
    public void Keep(string consumer, LaneState state)
    {
        if (state == default)
            _states.TryRemove(consumer, out _);
        else
            _states[consumer] = state;
    }
}
