using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Telemetry;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AngoGateway.Journal;

/// <summary>Opens the file: connection settings, version checks, migrations.</summary>
internal static class SqliteSchema
{
    public const int BusyMilliseconds = 10_000;
    public const int PageSize = 8192;

    private const int MemoryStatus = 9; // SQLITE_CONFIG_MEMSTATUS

    // About a tenth of a second from a slow disk.
    private const long LargestChecked = 16 * 1024 * 1024;

    /// <summary>Checkpointing and committing connections at once could corrupt the file before (https://sqlite.org/wal.html#walresetbug).</summary>
    private static readonly Version OldestSqlite = new(3, 51, 3);

    private static readonly (int Number, string Resource)[] Migrations = Assembly.GetExecutingAssembly()
        .GetManifestResourceNames()
        .Where(name => name.StartsWith("migrations/", StringComparison.Ordinal))
        .Select(name => (int.Parse(name.AsSpan("migrations/".Length, 3), CultureInfo.InvariantCulture), name))
        .Order()
        .ToArray();

    // Before the first connection: SQLite counts each allocation under one lock of the process, for a figure that nobody asks for
    // (https://sqlite.org/malloc.html#memstatus).
    static SqliteSchema()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(MemoryStatus, 0);
    }

    /// <summary>The number of the newest migration this program knows.</summary>
    public static int Newest => Migrations[^1].Number;

    /// <summary>Opens the writing connection and brings the file to the newest schema.</summary>
    /// <exception cref="JournalUnavailableException">With the file, the reason, and what to do.</exception>
    public static SqliteConnection OpenForWriting(string path)
    {
        try
        {
            if (File.Exists(path) && new FileInfo(path).IsReadOnly)
                throw Refusal(path, "is read-only", "Make it writable for the gateway's user.");

            return Prepare(path, Connect(path, "synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384"));
        }
        catch (SqliteException exception)
        {
            throw CannotOpen(path, exception);
        }
    }

    public static JournalUnavailableException CannotOpen(string path, SqliteException exception) =>
        Refusal(path, $"cannot be opened: {exception.Message}", WhatToDo(exception.SqliteErrorCode), exception);

    /// <summary>A further connection to an open journal. Not from a pool: a pooled one would keep the file open after the end.</summary>
    public static SqliteConnection Connect(string path, string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={BusyMilliseconds}; PRAGMA temp_store=MEMORY; PRAGMA {pragmas}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static string Text(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)command.ExecuteScalar()!;
    }

    private static SqliteConnection Prepare(string path, SqliteConnection connection)
    {
        try
        {
            if (Version.Parse(connection.ServerVersion) < OldestSqlite)
            {
                throw Refusal(path, $"would be written by SQLite {connection.ServerVersion}, and versions before {OldestSqlite} can corrupt it",
                    "Use the SQLite library that the gateway is shipped with.");
            }

            if (SQLitePCL.raw.sqlite3_db_readonly(connection.Handle, "main") != 0)
                throw Refusal(path, "is read-only", "Make it writable for the gateway's user.");

            // Both are fixed for ever by the first page that is written, so they come before everything else.
            Execute(connection, $"PRAGMA page_size={PageSize}; PRAGMA auto_vacuum=INCREMENTAL");
            if (Text(connection, "PRAGMA journal_mode=WAL") != "wal")
                throw Refusal(path, "lies on a file system without shared memory, which the write-ahead log needs", "Set journal.path to a local disk.");
            Check(path, connection);
            Migrate(path, connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A small file is checked whole, a large one by its schema and what the start reads of it: a start must be quick.</summary>
    private static void Check(string path, SqliteConnection connection)
    {
        if (Number(connection, "SELECT page_count FROM pragma_page_count") * PageSize > LargestChecked)
            return;

        using var check = new SqliteStatement(connection, "PRAGMA quick_check(1)");
        if (check.Step() && check.Text(0) is { } answer && answer != "ok")
            throw Refusal(path, $"is damaged: {answer}", WhatToDo(11));
    }

    private static void Migrate(string path, SqliteConnection connection)
    {
        var current = Number(connection, "PRAGMA user_version");
        if (current > Newest)
        {
            throw Refusal(path, $"was written by a newer gateway (schema {current}, this one knows {Newest})",
                "Start that version of the gateway, or restore a backup from before the upgrade.");
        }

        if (current == 0 && Number(connection, "SELECT count(*) FROM sqlite_schema") > 0)
            throw Refusal(path, "is the database of another program", "Set journal.path to a file of the gateway's own.");

        foreach (var (number, resource) in Migrations.Where(migration => migration.Number > current))
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
            using var transaction = connection.BeginTransaction();
            AddFunctions(connection);
            Execute(connection, $"{reader.ReadToEnd()}; PRAGMA user_version={number}");
            Checkpoints.Reach(Checkpoints.Migrating);
            transaction.Commit();
        }
    }

    /// <summary>What a migration computes of rows that are there already. Texts come as blobs, because they may hold U+0000.</summary>
    private static void AddFunctions(SqliteConnection connection)
    {
        connection.CreateFunction<byte[]?, byte[]?, byte[]?, byte[]?>(
            "task_digest",
            static (source, project, task) =>
            {
                if (task is null)
                    return null;

                var digest = new byte[16];
                BinaryPrimitives.WriteUInt128BigEndian(digest, TaskIdentity.Digest(Text(source), Text(project), Text(task)));
                return digest;
            },
            isDeterministic: true);
        connection.CreateFunction<string?, long?>(
            "instant_us", static text => TaskIdentity.Microseconds(IsoInstant.Parse(text)), isDeterministic: true);

        static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
    }

    private static string WhatToDo(int code) => code switch
    {
        11 or 26 => "Restore a backup, or move the file away to begin a new journal.", // SQLITE_CORRUPT, SQLITE_NOTADB
        13 => "Make room on that disk.", // SQLITE_FULL
        5 or 6 => "End the program that holds it.", // SQLITE_BUSY, SQLITE_LOCKED
        _ => "Let the gateway's user write to that folder (a local file system), or set journal.path.",
    };

    private static JournalUnavailableException Refusal(string path, string reason, string whatToDo, Exception? inner = null) =>
        new($"The journal {path} {reason}. {whatToDo}", inner);
}
