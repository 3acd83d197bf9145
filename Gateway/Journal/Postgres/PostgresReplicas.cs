using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Says every few seconds that this gateway lives, and sees who else does. Doing so also finds out whether the database takes writes.</summary>
internal sealed class PostgresReplicas(PostgresDatabase database, Guid owner, Func<string> revision)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>After so long without a sign a gateway counts as gone.</summary>
    public static readonly TimeSpan Patience = 4 * Period;

    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        await database.BusyAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Add(
                    $"""
                    INSERT INTO replica(id, started_at, seen_at, host, revision) VALUES($2, {PostgresSql.Now}, {PostgresSql.Now}, $3, $4)
                    ON CONFLICT(id) DO UPDATE SET seen_at = excluded.seen_at, revision = excluded.revision
                    """).With(database.Now).With(owner).With(Environment.MachineName).With(revision());
                return await batch.ExecuteNonQueryAsync(token);
            },
            cancellationToken);
        database.Health.Written();
    }

    /// <summary>At an end: nobody has to find out that it is gone.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken) => database.BusyAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add("DELETE FROM replica WHERE id = $1").With(owner);
            return await batch.ExecuteNonQueryAsync(token);
        },
        cancellationToken);
}
