using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// Says every few seconds that this gateway lives, and sees who else does and on which configuration. Doing so also finds out
/// whether the database takes writes.
/// </summary>
internal sealed partial class PostgresReplicas(PostgresDatabase database, Guid owner, Func<string> revision, TimeProvider timeProvider, ILogger logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>After so long without a sign a gateway counts as gone.</summary>
    public static readonly TimeSpan Patience = 4 * Period;

    // What the log said last of gateways that differ; null while they agree.
    private string? _told;

    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        var mine = revision();
        var live = await database.BusyAsync(
            async (connection, token) =>
            {
                await using (var batch = new NpgsqlBatch(connection))
                {
                    batch.Add(
                        $"""
                        INSERT INTO replica(id, started_at, seen_at, host, revision) VALUES($2, {PostgresSql.Now}, {PostgresSql.Now}, $3, $4)
                        ON CONFLICT(id) DO UPDATE SET seen_at = excluded.seen_at, revision = excluded.revision
                        """).With(database.Now).With(owner).With(Environment.MachineName).With(mine);
                    await batch.ExecuteNonQueryAsync(token);
                }

                return await ReadAsync(connection, owner, database.Now, timeProvider, token);
            },
            cancellationToken);
        database.Health.Written();
        Tell(live);
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

    /// <summary>Those that gave a sign of life, oldest first; their times by this machine's clock.</summary>
    public static async Task<List<Replica>> ReadAsync(
        NpgsqlConnection connection, Guid owner, long? now, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add($"SELECT id, host, revision, started_at - {PostgresSql.Now}, seen_at - {PostgresSql.Now} FROM replica WHERE seen_at > {PostgresSql.Now} - $2 ORDER BY started_at, id")
            .With(now).With((long)Patience.TotalMilliseconds);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var here = timeProvider.GetUtcNow();
        var replicas = new List<Replica>();
        while (await row.ReadAsync(cancellationToken))
        {
            replicas.Add(new(
                row.GetGuid(0), row.GetGuid(0) == owner, row.GetString(1), row.GetString(2),
                here.AddMilliseconds(row.GetInt64(3)), here.AddMilliseconds(row.GetInt64(4))));
        }

        return replicas;
    }

    private void Tell(List<Replica> live)
    {
        var now = string.Join(", ", live.Select(replica => $"{replica.Revision} at {replica.Host}{(replica.IsSelf ? " (this one)" : "")}"));
        var differ = live.Select(replica => replica.Revision).Distinct(StringComparer.Ordinal).Count() > 1;
        if (differ && now != _told)
            Log.Differ(logger, now);
        else if (!differ && _told is not null)
            Log.Agree(logger, live.Count, live[0].Revision);

        _told = differ ? now : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Gateways that share this journal have different configurations in force: {Revisions}")]
        public static partial void Differ(ILogger logger, string revisions);

        [LoggerMessage(2, LogLevel.Information, "All gateways that share this journal ({Count}) have the same configuration in force: {Revision}")]
        public static partial void Agree(ILogger logger, int count, string revision);
    }
}
