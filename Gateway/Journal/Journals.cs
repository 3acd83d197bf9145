namespace AngoGateway.Journal;

/// <summary>Where the composition root gets its journal.</summary>
internal static class Journals
{
    /// <summary>Opens the configured journal.</summary>
    /// <param name="config">Its path is absolute, or relative to the working directory.</param>
    /// <param name="retention">The retention in force; asked again for each pass, so a reload changes it.</param>
    /// <param name="timeProvider">The clock of due times, ages and waits.</param>
    /// <param name="loggers">For changes of health.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <exception cref="JournalUnavailableException">With the file, the reason, and what to do.</exception>
    public static Task<IJournal> OpenAsync(
        JournalConfig config, Func<Retention> retention, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IJournal journal = config.Type switch
        {
            JournalType.Sqlite => SqliteJournal.Open(
                new SqliteJournalOptions(config.Path, retention), timeProvider, loggers.CreateLogger<SqliteJournal>()),
            JournalType.Memory => new MemoryJournal(retention, timeProvider),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Type, "Unknown journal type."),
        };
        return Task.FromResult(journal);
    }
}
