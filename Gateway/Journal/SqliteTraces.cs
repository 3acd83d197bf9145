using System.Diagnostics;
using AngoGateway.Telemetry;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>Trace contexts of stored events, on one reading connection.</summary>
internal sealed class SqliteTraces(SqliteConnection connection) : IDisposable
{
    /// <summary>The terms of the index event_traced stand in here word for word, or SQLite would not use it.</summary>
    public const string Previous =
        """
        SELECT earlier.trace_parent, earlier.trace_state
        FROM event AS this JOIN event AS earlier INDEXED BY event_traced
            ON earlier.task = this.task AND earlier.source = this.source AND earlier.project IS this.project AND earlier.seq < this.seq
        WHERE this.id = ? AND earlier.task IS NOT NULL AND earlier.trace_parent GLOB '*-?[13579bdf]'
        ORDER BY earlier.seq DESC LIMIT 1
        """;

    private readonly SqliteStatement _of = new(connection, "SELECT trace_parent, trace_state FROM event WHERE id = ?");
    private readonly SqliteStatement _previous = new(connection, Previous);

    public ActivityContext Of(Guid eventId) => Read(_of, eventId);

    public ActivityContext PreviousOf(Guid eventId) => Read(_previous, eventId);

    public void Dispose()
    {
        _of.Dispose();
        _previous.Dispose();
    }

    private static ActivityContext Read(SqliteStatement statement, Guid eventId)
    {
        try
        {
            return statement.With(eventId).Step() ? TraceContext.Stored(statement.Text(0), statement.Text(1)) : default;
        }
        finally
        {
            statement.Reset();
        }
    }
}
