using AngoGateway.Journal;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Bench.Curves;

/// <summary>Fills a new SQLite journal with what a gateway would have written in the last days, in a few seconds per million.</summary>
internal static class JournalFill
{
    /// <summary>In the folder of its gateway.json.</summary>
    public const string File = "gateway.db";

    // Each is a transaction, so that the log stays small.
    private const long Step = 500_000;

    /// <summary>Keys of events that are gone.</summary>
    public static void AddKeys(string path, long count) => Add(path, count, Keys);

    /// <summary>Events of 2 KB that wait for a consumer, whose lane is paused.</summary>
    public static void AddBacklog(string path, string consumer, long count) => Add(
        path,
        count,
        $"""
        {Keys};
        INSERT INTO event(seq, id, key_updated_at, key_digest, key_by_content, received_at, source, project, task, stage, updated_at, disposition, content_type, size)
        SELECT $from + rowid, event_id, updated_at, digest, 0, seen_at, 'ango', '66c5a3babfebe70015f8b15c', hex(substr(digest, 1, 12)), 'Review',
            strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch'), 0, 'application/json', 2048
        FROM (SELECT row_number() OVER (ORDER BY updated_at, digest) AS rowid, * FROM event_key WHERE updated_at >= $base + $from AND updated_at < $base + $to);
        INSERT INTO payload(seq, bytes) SELECT seq, zeroblob(2048) FROM event WHERE seq > $from;
        INSERT INTO delivery(event_seq, consumer, replay, state, due_at, attempts, queued_at, task, updated_us, held)
        SELECT seq, '{consumer}', 0, 0, 0, 0, received_at, key_digest, key_updated_at * 1000, 2 FROM event WHERE seq > $from;
        INSERT INTO backlog(consumer, pending, dead) VALUES('{consumer}', $to - $from, 0) ON CONFLICT DO UPDATE SET pending = pending + excluded.pending;
        INSERT INTO lane(consumer, paused_at) VALUES('{consumer}', $base) ON CONFLICT DO NOTHING;
        """);

    // One for each millisecond up to now, as they would come; ids are those of UUID version 7.
    private const string Keys =
        """
        INSERT INTO event_key(updated_at, digest, event_id, seen_at)
        WITH RECURSIVE n(i) AS (SELECT $from UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $to)
        SELECT $base + i, randomblob(16), unhex(printf('%012x7%03x8%015x', $base + i, 0, i)), $base + i FROM n
        """;

    private static void Add(string path, long count, string sql)
    {
        Write(path, count, sql);
        // Or the kernel would write it all while the gateway is measured.
        using var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    private static void Write(string path, long count, string sql)
    {
        using var connection = SqliteSchema.OpenForWriting(path);
        SqliteSchema.Execute(connection, "PRAGMA synchronous=OFF; PRAGMA cache_size=-262144");
        var began = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - count;
        for (var from = 0L; from < count; from += Step)
        {
            using var transaction = connection.BeginTransaction();
            using (var command = connection.CreateCommand())
            {
                command.CommandText = sql;
                command.Parameters.AddRange([new SqliteParameter("$base", began), new SqliteParameter("$from", from), new SqliteParameter("$to", Math.Min(count, from + Step))]);
                command.ExecuteNonQuery();
            }

            transaction.Commit();
            SqliteSchema.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}
