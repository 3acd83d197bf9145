namespace AngoGateway.Journal;

/// <summary>Where a SQLite journal lives and how much may wait in front of it.</summary>
/// <param name="Path">Of the database file; its folder is created.</param>
/// <param name="Retention">How long events and keys stay; asked anew for each pruning pass, so a reload changes it.</param>
/// <param name="MaxWaiting">Appends waiting for their commit; more are unavailable. Default 10,000.</param>
/// <param name="MaxWaitingBytes">Their payloads together. Default 64 MiB; a single larger payload is taken when nothing waits.</param>
/// <param name="EndProcess">Called when durability is lost for good. Default <see cref="Environment.FailFast(string)"/>.</param>
internal sealed record SqliteJournalOptions(
    string Path,
    Func<Retention> Retention,
    int MaxWaiting = 10_000,
    long MaxWaitingBytes = 64 * 1024 * 1024,
    Action<string>? EndProcess = null);
