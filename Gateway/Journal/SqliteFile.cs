using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace AngoGateway.Journal;

/// <summary>
/// Whether the open file is still the journal. SQLite itself goes on writing to a file that has lost its name or its
/// beginning, out of its cache; nobody would find that after a restart.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private const int HasMoved = 20; // SQLITE_FCNTL_HAS_MOVED

    private readonly SqliteConnection _connection;
    private readonly SqliteBookkeeping _books;

    // Closed only after the last connection: closing any handle of a file drops the process's POSIX locks on it.
    private readonly SafeFileHandle _handle;
    private long _length;
    private SafeFileHandle? _log;
    private long _logLength;

    public SqliteFile(SqliteConnection connection, SqliteBookkeeping books)
    {
        (_connection, _books) = (connection, books);
        _handle = File.OpenHandle(connection.DataSource, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _length = RandomAccess.GetLength(_handle);
    }

    /// <summary>The writer's, before it begins: what makes the file untrustworthy; null when nothing does. A few microseconds.</summary>
    public string? Fault()
    {
        var path = _connection.DataSource;
        if (!File.Exists(path))
            return "The file is gone. Put it back, or restart the gateway to begin a new one.";

        var moved = 0;
        if (FileControl(_connection.Handle!.DangerousGetHandle(), "main", HasMoved, ref moved) == 0 && moved != 0)
            return "The file was replaced by another one. Put the first back, or restart the gateway to use the other.";

        if (!File.Exists(path + "-wal"))
            return "Its log (-wal) is gone. Restart the gateway: a clean stop writes what the log held into the file.";

        if (IsLogHarmed())
            return "Its log (-wal) was cut or overwritten. Stop the gateway and restore a backup.";

        var length = RandomAccess.GetLength(_handle);
        Span<byte> head = stackalloc byte[16];
        if ((length < _length && !_books.Shrinks) || RandomAccess.Read(_handle, head, 0) < head.Length || !head.SequenceEqual("SQLite format 3\0"u8))
            return "The file was cut or overwritten. Stop the gateway and restore a backup.";

        _length = length;
        return null;
    }

    /// <summary>The writer's, after a transaction: the log is no shorter from now on, unless the writer cuts it.</summary>
    /// <param name="wasCut">By the writer; else one that is shorter than before was harmed in between, and the next look finds it so.</param>
    public void NoteLog(bool wasCut)
    {
        if (_log is not null)
            _logLength = wasCut ? RandomAccess.GetLength(_log) : Math.Max(_logLength, RandomAccess.GetLength(_log));
    }

    public void Dispose()
    {
        _log?.Dispose();
        _handle.Dispose();
    }

    // https://sqlite.org/fileformat2.html#walformat: the log begins with 0x377f0682 or 0x377f0683.
    private bool IsLogHarmed()
    {
        _log ??= File.OpenHandle(_connection.DataSource + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(_log);
        if (length < _logLength)
            return true;

        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return length > 0 && (RandomAccess.Read(_log, magic, 0) < magic.Length || BinaryPrimitives.ReadUInt32BigEndian(magic) >> 1 != 0x377f0682 >> 1);
    }

    // SQLitePCLRaw does not bind it.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(IntPtr connection, string database, int operation, ref int argument);
}
