using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>Whether the store takes writes. Logged when that changes, not at every refused event.</summary>
internal sealed partial class SqliteHealth(string path, Action<string>? endProcess, ILogger logger)
{
    private const int Corrupt = 11; // SQLITE_CORRUPT
    private const int NotADatabase = 26; // SQLITE_NOTADB

    private readonly Action<string> _endProcess = endProcess ?? Environment.FailFast;
    private string? _fault;
    private volatile bool _lost;
    private volatile bool _damaged;
    private volatile bool _strange;

    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>A sync failed: nothing may be acknowledged any more.</summary>
    public bool Lost => _lost;

    /// <summary>SQLite found the file damaged. It does not mend itself: nothing is taken until a new start has looked at it.</summary>
    public bool Damaged => _damaged;

    /// <summary>What was acknowledged before may be lost: not even a repeat is answered from memory.</summary>
    public bool Untrusted => _lost || _damaged || _strange;

    public void Written()
    {
        _strange = false;
        if (_fault is null || _lost || _damaged)
            return;

        Volatile.Write(ref _fault, null);
        Log.Recovered(logger, path);
    }

    /// <summary>A transaction was rolled back.</summary>
    /// <returns>What the waiters are told.</returns>
    public string Failed(Exception exception)
    {
        var damaged = exception is SqliteException { SqliteErrorCode: Corrupt or NotADatabase };
        if (_damaged && !damaged)
            return Fault!;

        // The first failure of a damaged file is the telling one.
        _damaged |= damaged;
        _strange |= exception is JournalUnavailableException;
        var fault = damaged
            ? $"The journal {path} is damaged: {exception.Message} Stop the gateway and restore a backup."
            : $"The journal {path} could not be written: {exception.Message}";
        if (Interlocked.Exchange(ref _fault, fault) is null)
            Log.Failed(logger, path, exception);

        return fault;
    }

    /// <summary>One row was left out; the store is well.</summary>
    public string RowRefused(Exception exception)
    {
        Log.RowRefused(logger, path, exception);
        return $"The journal {path} refused the row: {exception.Message}";
    }

    /// <summary>A checkpoint did not come through; the log still holds everything and the next one tries again.</summary>
    public void CheckpointFailed(Exception exception) => Log.CheckpointFailed(logger, path, exception);

    /// <summary>A sync failed: what was acknowledged may not be on the disk, and only a new start can tell.</summary>
    /// <returns>What the waiters are told, in case somebody is left to hear it.</returns>
    public string LostSync(Exception exception)
    {
        var fault = $"The disk failed to sync the journal {path}: {exception.Message} The process ends, because a later sync may succeed over lost pages.";
        _lost = true;
        Volatile.Write(ref _fault, fault);
        Log.LostSync(logger, path, exception);
        _endProcess(fault);
        return fault;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Journal {Path} does not take writes; events are answered 503 until it does")]
        public static partial void Failed(ILogger logger, string path, Exception exception);

        [LoggerMessage(2, LogLevel.Information, "Journal {Path} takes writes again")]
        public static partial void Recovered(ILogger logger, string path);

        [LoggerMessage(3, LogLevel.Error, "Journal {Path} refused one row")]
        public static partial void RowRefused(ILogger logger, string path, Exception exception);

        [LoggerMessage(4, LogLevel.Warning, "Journal {Path} could not be checkpointed; its log grows until the next try succeeds")]
        public static partial void CheckpointFailed(ILogger logger, string path, Exception exception);

        [LoggerMessage(5, LogLevel.Critical, "Journal {Path}: a sync failed, the process ends")]
        public static partial void LostSync(ILogger logger, string path, Exception exception);
    }
}
