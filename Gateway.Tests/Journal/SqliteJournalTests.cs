using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteJournalTests : JournalConformance
{
    private protected override ValueTask<IJournal> OpenAsync(TestJournals journals, TimeProvider timeProvider) =>
        ValueTask.FromResult<IJournal>(journals.OpenSqlite(timeProvider));
}
