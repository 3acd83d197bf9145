using System.Globalization;
using System.Reflection;
using AngoGateway.Telemetry;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>What a start does with the database: looks at what it is, and brings its schema to the newest version.</summary>
internal static class PostgresSchema
{
    // The first with what partitioned tables are used for here, and supported as of 2025.
    private const int OldestServer = 130000;

    private const string Prefix = "postgres-migrations/";

    // Only one gateway migrates at a time, however many start together; the others find nothing left to do.
    private const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('ango-gateway.schema.' || current_schema(), 0))";

    private static readonly (int Number, string Resource)[] Migrations = Assembly.GetExecutingAssembly()
        .GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => (int.Parse(name.AsSpan(Prefix.Length, 3), CultureInfo.InvariantCulture), name))
        .Order()
        .ToArray();

    /// <summary>The number of the newest migration this program knows.</summary>
    public static int Newest => Migrations[^1].Number;

    /// <summary>Checks the server and migrates.</summary>
    /// <exception cref="JournalUnavailableException">With the database, the reason, and what to do.</exception>
    public static async Task PrepareAsync(PostgresDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.ConnectAsync(cancellationToken);
            await CheckAsync(connection, database, cancellationToken);
            await MakeSchemaAsync(connection, database, cancellationToken);
            while (await StepAsync(connection, database, cancellationToken))
            {
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw new JournalUnavailableException(
                $"The journal's database {database.Name} cannot be used: {PostgresFaults.InWords(exception)}. "
                + "Check that it runs and takes connections from here, and the connection string's host, database, user and password.",
                exception);
        }
    }

    private static async Task CheckAsync(NpgsqlConnection connection, PostgresDatabase database, CancellationToken cancellationToken)
    {
        var version = await NumberAsync(connection, "SELECT current_setting('server_version_num')::bigint", cancellationToken);
        if (version < OldestServer)
        {
            throw Refusal(database, $"is PostgreSQL {connection.PostgreSqlVersion.ToString(2)}, and the gateway needs {OldestServer / 10000} or newer",
                "Upgrade the server.");
        }

        if (await NumberAsync(connection, "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'off'", cancellationToken) > 0)
        {
            throw Refusal(database, "runs with fsync = off, so that a power cut loses what was acknowledged",
                "Set fsync = on in postgresql.conf and reload the server.");
        }

        if (await NumberAsync(connection, "SELECT count(*) WHERE current_setting('server_encoding') <> 'UTF8'", cancellationToken) > 0)
            throw Refusal(database, "is not encoded in UTF8", "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.");

        if (await NumberAsync(connection, "SELECT count(*) WHERE current_setting('transaction_read_only') = 'on'", cancellationToken) > 0)
            throw Refusal(database, "takes no writes (a standby?)", "Name all hosts in the connection string: the one that takes writes is used.");
    }

    private static async Task MakeSchemaAsync(NpgsqlConnection connection, PostgresDatabase database, CancellationToken cancellationToken)
    {
        if (await NumberAsync(connection, "SELECT count(current_schema())", cancellationToken) > 0)
            return;

        var name = (database.SearchPath ?? "public").Split(',')[0].Trim().Trim('"');
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock(hashtextextended('ango-gateway.schemas', 0))", cancellationToken);
        await ExecuteAsync(connection, $"CREATE SCHEMA IF NOT EXISTS \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <returns>Whether there may be another one.</returns>
    private static async Task<bool> StepAsync(NpgsqlConnection connection, PostgresDatabase database, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Lock, cancellationToken);
        var known = await NumberAsync(connection, "SELECT count(to_regclass('schema_version'))", cancellationToken) > 0;
        if (!known && await NumberAsync(connection, "SELECT count(coalesce(to_regclass('event'), to_regclass('delivery')))", cancellationToken) > 0)
            throw Refusal(database, "has tables of another program", "Give the gateway a schema of its own: Search Path=… in the connection string.");

        var current = known ? await NumberAsync(connection, "SELECT max(number) FROM schema_version", cancellationToken) : 0;
        if (current > Newest)
        {
            var oldest = await NumberAsync(connection, $"SELECT compatible_from FROM schema_version WHERE number = {current}", cancellationToken);
            if (oldest > Newest)
            {
                throw Refusal(database, $"was upgraded by a newer gateway (schema {current}, this one knows {Newest} and it needs {oldest})",
                    "Start that version of the gateway, or restore a backup from before the upgrade.");
            }

            // A rolling upgrade: the newer schema says that this version can still work on it.
            return false;
        }

        if (Migrations.FirstOrDefault(migration => migration.Number > current) is not { Resource: { } resource } next)
            return false;

        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        await ExecuteAsync(connection, await reader.ReadToEndAsync(cancellationToken), cancellationToken);
        Checkpoints.Reach(Checkpoints.Migrating);
        await transaction.CommitAsync(cancellationToken);
        return next.Number < Newest;
    }

    private static async Task<long> NumberAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static JournalUnavailableException Refusal(PostgresDatabase database, string reason, string whatToDo) =>
        new($"The journal's database {database.Name} {reason}. {whatToDo}");
}
