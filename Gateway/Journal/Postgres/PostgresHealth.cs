namespace AngoGateway.Journal.Postgres;

/// <summary>Whether the database takes writes. Logged when that changes, not at every refused event.</summary>
internal sealed partial class PostgresHealth(string name, ILogger logger)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _well = Completed();
    private TaskCompletionSource _ill = New();
    private string? _fault;

    /// <summary>Null while all is well.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Completes when the database takes writes.</summary>
    public Task Well
    {
        get
        {
            lock (_gate)
                return _well.Task;
        }
    }

    /// <summary>Completes when it does not.</summary>
    public Task Ill
    {
        get
        {
            lock (_gate)
                return _ill.Task;
        }
    }

    /// <summary>The database was written to.</summary>
    public void Written()
    {
        if (Fault is null)
            return;

        lock (_gate)
        {
            if (Interlocked.Exchange(ref _fault, null) is null)
                return;

            _well.TrySetResult();
            _ill = New();
        }

        Log.Recovered(logger, name);
    }

    /// <summary>The database could not be reached, or refused to write.</summary>
    /// <returns>What the waiters are told.</returns>
    public string Failed(Exception exception)
    {
        var words = PostgresFaults.InWords(exception);
        var fault = $"The journal's database {name} does not take writes: {words}";
        lock (_gate)
        {
            var before = Interlocked.Exchange(ref _fault, fault);
            if (before is not null)
                return fault;

            _ill.TrySetResult();
            _well = New();
        }

        Log.Failed(logger, name, words);
        return fault;
    }

    /// <summary>One row was left out; the database is well.</summary>
    public string RowRefused(Exception exception)
    {
        var words = PostgresFaults.InWords(exception);
        Log.RowRefused(logger, name, words);
        return $"The journal's database {name} refused the row: {words}";
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        var well = new TaskCompletionSource();
        well.SetResult();
        return well;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The journal's database {Name} does not take writes; events are answered 503 and deliveries wait until it does: {Fault}")]
        public static partial void Failed(ILogger logger, string name, string fault);

        [LoggerMessage(2, LogLevel.Information, "The journal's database {Name} takes writes again")]
        public static partial void Recovered(ILogger logger, string name);

        [LoggerMessage(3, LogLevel.Error, "The journal's database {Name} refused one row: {Fault}")]
        public static partial void RowRefused(ILogger logger, string name, string fault);
    }
}
