using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// Looks every second at what another gateway may have changed: the lanes' states, what is forgotten, and work that waits
/// in nobody's hands (new, due by now, or of a gateway that died).
/// </summary>
internal sealed class PostgresWatch(PostgresDatabase database, PostgresLanes lanes, PostgresSignals signals)
{
    private long _forgottenBefore = long.MinValue;

    /// <summary>Unix milliseconds.</summary>
    public long ForgottenBefore => Interlocked.Read(ref _forgottenBefore);

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var writes = lanes.Writes;
        var (states, due) = await database.BusyAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Add("SELECT consumer, paused_at, open_since FROM lane");
                batch.Add("SELECT max(updated_at) FROM forgotten");
                batch.Add(
                    $"""
                    WITH clock AS MATERIALIZED (SELECT {PostgresSql.Now} AS now)
                    SELECT c.name FROM unnest($2) AS c(name) WHERE EXISTS(
                      SELECT 1 FROM delivery AS d WHERE d.consumer = c.name AND d.state = 0 AND d.due_at <= (SELECT now FROM clock)
                        AND d.lease_until <= (SELECT now FROM clock) OFFSET 0)
                    """).With(database.Now).With(signals.Waiting.ToArray());
                await using var row = await batch.ExecuteReaderAsync(token);
                return await ReadAsync(row, token);
            },
            cancellationToken);
        foreach (var consumer in lanes.Take(states, writes).Concat(due))
            signals.Pulse(consumer);
    }

    private async Task<(Dictionary<string, LaneState> States, List<string> Due)> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, LaneState>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
            states.Add(row.GetString(0), new LaneState(row.TimeOrNull(1), row.TimeOrNull(2)));

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        // It never goes back, not even with a database that was restored from a backup.
        Interlocked.Exchange(ref _forgottenBefore, Math.Max(ForgottenBefore, row.Ms(0) ?? long.MinValue));
        await row.NextResultAsync(cancellationToken);
        var due = new List<string>();
        while (await row.ReadAsync(cancellationToken))
            due.Add(row.GetString(0));

        return (states, due);
    }
}
