using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Reliability;

/// <summary>Journal files with pending events that no gateway has to accept first.</summary>
internal static class PendingEvents
{
    private static readonly byte[] Payload = AngoPayload.Of(padding: 200);

    /// <summary>The event ids that are written.</summary>
    public static IReadOnlyCollection<Guid> Ids(int count) =>
        [.. Enumerable.Range(1, count).Select(seq => Guid.Parse($"01900000-0000-7000-8000-{seq:x12}"))];

    /// <summary>A file of the oldest schema there was.</summary>
    public static void WriteOldest(string file, int count, string consumer)
    {
        var gateway = typeof(IJournal).Assembly;
        var oldest = gateway.GetManifestResourceNames().Where(name => name.StartsWith("migrations/", StringComparison.Ordinal)).Min(StringComparer.Ordinal)!;
        using var reader = new StreamReader(gateway.GetManifestResourceStream(oldest)!);
        using var connection = Open(file);
        Execute(connection, $"PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; {reader.ReadToEnd()}; PRAGMA user_version=1");
        Write(connection, count, consumer);
    }

    /// <summary>Adds to a file that a gateway has made.</summary>
    public static void Add(string file, int count, string consumer)
    {
        using var connection = Open(file);
        Execute(connection, "PRAGMA synchronous=OFF; PRAGMA cache_size=-200000");
        Write(connection, count, consumer);
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    // Columns by name: later ones have defaults.
    private static void Write(SqliteConnection connection, int count, string consumer) => Execute(
        connection,
        $$"""
        BEGIN;
        CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{count}})
          SELECT i, i + (SELECT ifnull(max(seq), 0) FROM event) AS seq FROM n;
        INSERT INTO event(seq, id, key_updated_at, key_digest, key_by_content, received_at, source, project, task, stage, updated_at, disposition, content_type, size)
          SELECT seq, unhex(format('01900000000070008000%012x', i)), {{Now}} - 60000, unhex(format('%032x', i)), 0, {{Now}}, 'ango',
            '{{AngoPayload.Project}}', 'backlog-' || i, 'Review', '2026-03-11T08:41:17.566Z', 0, 'application/json', {{Payload.Length}} FROM n;
        INSERT INTO payload(seq, bytes) SELECT seq, x'{{Convert.ToHexString(Payload)}}' FROM n;
        INSERT INTO event_key(updated_at, digest, event_id, seen_at) SELECT key_updated_at, key_digest, id, received_at FROM event WHERE task LIKE 'backlog-%';
        INSERT INTO delivery(event_seq, consumer, replay, state, due_at, attempts, queued_at) SELECT seq, '{{consumer}}', 0, 0, 0, 0, {{Now}} FROM n;
        DROP TABLE n;
        COMMIT;
        """);

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandTimeout = 600;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
