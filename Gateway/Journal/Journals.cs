using AngoGateway.Journal.Postgres;

namespace AngoGateway.Journal;

/// <summary>What a journal asks of its gateway while it runs.</summary>
/// <param name="Retention">The retention in force; asked again for each pass, so a reload changes it.</param>
/// <param name="Database">With <see cref="JournalType.Postgres"/>: its connection string; asked again for each connection's password.</param>
/// <param name="Revision">Of the configuration in force, for other gateways on the same journal.</param>
internal sealed record JournalTerms(Func<Retention> Retention, Func<JournalDatabase?> Database, Func<string> Revision);

/// <summary>Where the composition root gets its journal.</summary>
internal static class Journals
{
    /// <summary>Opens the configured journal.</summary>
    /// <param name="config">Its path is absolute, or relative to the working directory.</param>
    /// <param name="terms">What is in force.</param>
    /// <param name="timeProvider">The clock of due times, ages and waits; in PostgreSQL the database's decides.</param>
    /// <param name="loggers">For changes of health.</param>
    /// <param name="cancellationToken">Abandons the start.</param>
    /// <exception cref="JournalUnavailableException">With the file or the database, the reason, and what to do.</exception>
    public static async Task<IJournal> OpenAsync(
        JournalConfig config, JournalTerms terms, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return config.Type switch
        {
            JournalType.Sqlite => SqliteJournal.Open(
                new SqliteJournalOptions(config.Path, terms.Retention), timeProvider, loggers.CreateLogger<SqliteJournal>()),
            JournalType.Postgres => await PostgresJournal.OpenAsync(
                new PostgresJournalOptions(
                    () => terms.Database() ?? throw new InvalidOperationException("There is no connection string."), terms.Retention, terms.Revision, Lease: config.Lease),
                timeProvider, loggers.CreateLogger<PostgresJournal>(), cancellationToken),
            JournalType.Memory => new MemoryJournal(terms.Retention, timeProvider),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Type, "Unknown journal type."),
        };
    }
}
