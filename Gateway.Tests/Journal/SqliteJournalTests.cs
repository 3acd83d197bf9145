using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteJournalTests : JournalConformance
{
    private protected override IJournal Open(TestJournals journals, TimeProvider timeProvider) => journals.OpenSqlite(timeProvider);
}
