using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal.Postgres;

public sealed class PostgresJournalTests : JournalConformance
{
    private protected override async ValueTask<IJournal> OpenAsync(TestJournals journals, TimeProvider timeProvider) =>
        await journals.OpenPostgresAsync(timeProvider);
}
