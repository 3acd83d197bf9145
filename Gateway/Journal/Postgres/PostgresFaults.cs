using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>What a failed statement means for those who wait for it.</summary>
internal enum PostgresFault
{
    /// <summary>One row's own fault: its neighbours can be written without it.</summary>
    Row,

    /// <summary>Another transaction was in the way and nothing was written: the same again may well succeed.</summary>
    Again,

    /// <summary>The database cannot be reached, or takes no writes. After a lost connection it is unknown whether it committed.</summary>
    Store,
}

internal static class PostgresFaults
{
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static readonly HashSet<string> Again =
        [PostgresErrorCodes.SerializationFailure, PostgresErrorCodes.DeadlockDetected, PostgresErrorCodes.LockNotAvailable];

    public static PostgresFault Classify(Exception exception) => exception switch
    {
        PostgresException failure when Again.Contains(failure.SqlState) => PostgresFault.Again,
        // Data exceptions, broken constraints, limits of a program (a value too large for an index).
        PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } => PostgresFault.Row,
        NpgsqlException or TimeoutException or OperationCanceledException or IOException or ObjectDisposedException => PostgresFault.Store,
        JournalUnavailableException => PostgresFault.Store,
        // Came from the row at hand, before anything was sent.
        _ => PostgresFault.Row,
    };

    /// <summary>In words, without any value of a row and without the connection string.</summary>
    public static string InWords(Exception exception) => exception switch
    {
        PostgresException failure => $"{failure.MessageText} ({failure.SqlState})",
        { InnerException: { } inner } when inner is not PostgresException => $"{exception.Message}: {inner.Message}",
        { InnerException: { } inner } => InWords(inner),
        _ => exception.Message,
    };
}
