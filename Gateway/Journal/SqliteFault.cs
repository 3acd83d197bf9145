using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>What a failed statement means for those who wait for it.</summary>
internal enum SqliteFault
{
    /// <summary>One row's own fault: its neighbours can be written without it.</summary>
    Row,

    /// <summary>The store does not take writes now (disk full, I/O error, busy, damaged): nothing of the transaction is kept, the next one is tried.</summary>
    Store,

    /// <summary>
    /// A sync failed. The kernel may have dropped the pages, and a later sync that succeeds says nothing about them: only a
    /// new start, which reads the log again, tells what is there.
    /// </summary>
    LostSync,
}

internal static class SqliteFaults
{
    // https://sqlite.org/rescode.html
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;
    private const int Misuse = 21;
    private const int Range = 25;
    private const int IoErrorFsync = 1034;
    private const int IoErrorDirFsync = 1290;

    public static SqliteFault Classify(int extendedCode) => extendedCode switch
    {
        IoErrorFsync or IoErrorDirFsync => SqliteFault.LostSync,
        _ => (extendedCode & 0xFF) switch
        {
            TooBig or Constraint or Mismatch or Misuse or Range => SqliteFault.Row,
            _ => SqliteFault.Store,
        },
    };

    /// <summary>Anything that is not SQLite's own failure came from the row at hand.</summary>
    public static SqliteFault Classify(Exception exception) =>
        exception is SqliteException failure ? Classify(failure.SqliteExtendedErrorCode) : SqliteFault.Row;
}
