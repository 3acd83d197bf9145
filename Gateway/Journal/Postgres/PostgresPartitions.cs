using System.Globalization;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// Makes partitions ahead of time: of each table one for the same span, a day long, or longer when events are kept for
/// months, because every claim looks into every partition.
/// </summary>
internal static class PostgresPartitions
{
    private const long Day = 24 * 60 * 60 * 1000;

    // So many days in which nobody has to look after it.
    private const int DaysAhead = 3;

    // Waiting for a lock holds up everybody behind; the next try is a minute away.
    private const string NotForLong = "SET LOCAL lock_timeout = '500ms'";

    /// <summary>In the order in which statements lock them, so that a drop meets no deadlock.</summary>
    public static readonly string[] Tables = ["delivery", "attempt", "event", "payload"];

    /// <summary>Makes what is missing until some days from now. Several gateways may do so at once.</summary>
    /// <param name="connection">Not in a transaction.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="kept">How long events are kept.</param>
    /// <param name="cancellationToken">Abandons it between two spans.</param>
    public static async Task MakeAsync(NpgsqlConnection connection, long now, TimeSpan kept, CancellationToken cancellationToken)
    {
        var days = kept <= TimeSpan.FromDays(31) ? 1 : kept <= TimeSpan.FromDays(200) ? 7 : 28;
        var next = now - (now % Day);
        foreach (var (_, _, end, _) in await SpansAsync(connection, cancellationToken))
            next = Math.Max(next, end);

        while (next < now + (DaysAhead * Day))
        {
            var end = next + (days * Day);
            if (!await TryMakeAsync(connection, next, end, cancellationToken))
                return;

            next = end;
        }
    }

    /// <summary>What there is, oldest first.</summary>
    public static async Task<List<(string Name, long Start, long End, bool Attached)>> SpansAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT name, starts_at, ends_at, attached FROM span ORDER BY starts_at", connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var spans = new List<(string, long, long, bool)>();
        while (await row.ReadAsync(cancellationToken))
            spans.Add((row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3)));

        return spans;
    }

    /// <summary>The least uuid of version 7 of a millisecond.</summary>
    public static string Bound(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms >> 16:x8}-{ms & 0xFFFF:x4}-0000-0000-000000000000");

    /// <returns>False when somebody was in the way: until the next time its events go to the default partitions.</returns>
    private static async Task<bool> TryMakeAsync(NpgsqlConnection connection, long start, long end, CancellationToken cancellationToken)
    {
        var name = DateTimeOffset.FromUnixTimeMilliseconds(start).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var commands = Tables.Select(table =>
            $"""
            CREATE TABLE {table}_{name}(LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE){SettingsOf(table)};
            ALTER TABLE {table} ATTACH PARTITION {table}_{name} FOR VALUES FROM ('{Bound(start)}') TO ('{Bound(end)}')
            """);
        try
        {
            await ExecuteAsync(connection, [NotForLong, Note(name, start, end, attached: true), .. commands], cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Another gateway was quicker.
        }
        catch (PostgresException exception) when (PostgresFaults.Classify(exception) == PostgresFault.Again)
        {
            return false;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.CheckViolation)
        {
            // The default partition holds events of that span: they cannot be moved away from under their readers.
            await ExecuteAsync(connection, [Note(name, start, end, attached: false)], cancellationToken);
        }

        return true;
    }

    private static string Note(string name, long start, long end, bool attached) => string.Create(
        CultureInfo.InvariantCulture, $"INSERT INTO span(name, starts_at, ends_at, attached) VALUES('{name}', {start}, {end}, {attached})");

    // Room for the lease to be written in place; vacuumed early and at full speed, because its rows are written three times.
    private static string SettingsOf(string table) => table == "delivery"
        ? " WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)"
        : "";

    private static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<string> commands, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(string.Join(";\n", commands), connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
