using System.Diagnostics;
using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Trace contexts of stored events.</summary>
internal static class PostgresTraces
{
    private const string Of = "SELECT trace_parent, trace_state FROM event WHERE id = $1";

    /// <summary>The terms of the index event_traced stand in here word for word, or PostgreSQL would not use it.</summary>
    private const string Previous =
        """
        WITH this AS MATERIALIZED (SELECT source, project, task, seq FROM event WHERE id = $1)
        SELECT trace_parent, trace_state FROM event
        WHERE task IS NOT NULL AND trace_parent ~ '[13579bdf]$'
          AND task = (SELECT task FROM this) AND source = (SELECT source FROM this) AND seq < (SELECT seq FROM this)
          AND project IS NOT DISTINCT FROM (SELECT project FROM this)
        ORDER BY seq DESC LIMIT 1
        """;

    public static Task<ActivityContext> OfAsync(PostgresDatabase database, Guid eventId, CancellationToken cancellationToken) =>
        ReadAsync(database, Of, eventId, cancellationToken);

    public static Task<ActivityContext> PreviousOfAsync(PostgresDatabase database, Guid eventId, CancellationToken cancellationToken) =>
        ReadAsync(database, Previous, eventId, cancellationToken);

    private static Task<ActivityContext> ReadAsync(PostgresDatabase database, string sql, Guid eventId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Add(sql).With(eventId);
                await using var row = await batch.ExecuteReaderAsync(token);
                return await row.ReadAsync(token) ? TraceContext.Stored(row.Text(0), row.Text(1)) : default;
            },
            cancellationToken);
}
