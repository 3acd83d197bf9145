namespace AngoGateway.Journal.Postgres;

/// <summary>Where a PostgreSQL journal is, how much may wait in front of it, and how long a gateway keeps what it has in hand.</summary>
/// <param name="Database">Its connection string; asked anew for each connection's password.</param>
/// <param name="Retention">How long events and keys stay; asked anew for each pruning pass, so a reload changes it.</param>
/// <param name="Revision">Of the configuration in force; other gateways see it.</param>
/// <param name="MaxWaiting">Appends waiting for their commit; more are unavailable. Default 10,000.</param>
/// <param name="MaxWaitingBytes">Their payloads together. Default 64 MiB; a single larger payload is taken when nothing waits.</param>
/// <param name="Lease">How long a delivery stays with a gateway that does not renew it. Default 30 s; renewed every third of it.</param>
/// <param name="Clock">Null: the database's. Tests set their own, which then decides what is due, expired and old.</param>
internal sealed record PostgresJournalOptions(
    Func<JournalDatabase> Database,
    Func<Retention> Retention,
    Func<string> Revision,
    int MaxWaiting = 10_000,
    long MaxWaitingBytes = 64 * 1024 * 1024,
    TimeSpan? Lease = null,
    TimeProvider? Clock = null);
