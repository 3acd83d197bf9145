using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Makes partitions and prunes, at one gateway at a time: the one that holds the lock of it.</summary>
internal sealed class PostgresUpkeep(PostgresDatabase database, Func<Retention> retention)
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    // A pass looks through what is old: no need to do so every minute.
    private const int TurnsBetweenPasses = 10;

    // Held by the session: a pass is many transactions.
    private const string TryLock = "SELECT pg_try_advisory_lock(hashtextextended('ango-gateway.upkeep.' || current_schema(), 0))";
    private const string Unlock = "SELECT pg_advisory_unlock(hashtextextended('ango-gateway.upkeep.' || current_schema(), 0))";

    private const string SizeOf =
        "SELECT sum(pg_table_size(oid) + pg_indexes_size(oid))::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";

    private readonly PostgresPruner _pruner = new(database, retention);
    private long _bytes = -1;
    private int _turns;

    /// <summary>Of all tables and their indexes, some minutes old at most; null before it is known.</summary>
    public JournalSize? Size => Interlocked.Read(ref _bytes) is >= 0 and var bytes ? new JournalSize(bytes, Log: null) : null;

    /// <summary>Makes the partitions of the next days.</summary>
    public Task<bool> MakePartitionsAsync(CancellationToken cancellationToken) => database.OperatorAsync(
        async (connection, token) =>
        {
            await PostgresPartitions.MakeAsync(connection, await PostgresPruner.NowAsync(connection, database.Now, token), retention().Events, token);
            return true;
        },
        cancellationToken);

    /// <summary>Measures, and does what is due now, unless another gateway is at it.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken)
    {
        await MeasureAsync(cancellationToken);
        await WithLockAsync(
            async (connection, now, token) =>
            {
                await PostgresPartitions.MakeAsync(connection, now, retention().Events, token);
                if (_turns++ % TurnsBetweenPasses == 0)
                    await _pruner.PassAsync(connection, now, token);
            },
            cancellationToken);
    }

    /// <summary>A whole pass at once.</summary>
    public Task<bool> PruneAsync(CancellationToken cancellationToken) => WithLockAsync(_pruner.PassAsync, cancellationToken);

    private async Task MeasureAsync(CancellationToken cancellationToken) => Interlocked.Exchange(ref _bytes, await database.OperatorAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(SizeOf, connection);
            return (long)(await command.ExecuteScalarAsync(token))!;
        },
        cancellationToken));

    private Task<bool> WithLockAsync(Func<NpgsqlConnection, long, CancellationToken, Task> body, CancellationToken cancellationToken) => database.OperatorAsync(
        async (connection, token) =>
        {
            await using var tryLock = new NpgsqlCommand(TryLock, connection);
            if (await tryLock.ExecuteScalarAsync(token) is not true)
                return false;

            try
            {
                await body(connection, await PostgresPruner.NowAsync(connection, database.Now, token), token);
                return true;
            }
            finally
            {
                // Not the token: the connection goes back to its pool. One that is lost has lost the lock with it.
                await using var unlock = new NpgsqlCommand(Unlock, connection);
                if (connection.FullState == System.Data.ConnectionState.Open)
                    await unlock.ExecuteScalarAsync(CancellationToken.None);
            }
        },
        cancellationToken);
}
