using System.Text;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace AngoGateway.Bench.Limits;

/// <summary>A journal, or what it is compared with, opened anew in this process.</summary>
/// <param name="AppendAsync">Returns when the event is durable.</param>
/// <param name="Commits">Transactions, or syncs, so far.</param>
/// <param name="Journal">Null: it only appends.</param>
/// <param name="CloseAsync">Closes it and deletes its files.</param>
internal sealed record AloneStand(
    Func<StoredEvent, ReadOnlyMemory<byte>, IReadOnlyList<NewDelivery>, ValueTask> AppendAsync,
    Func<long> Commits,
    IJournal? Journal,
    Func<ValueTask> CloseAsync) : IAsyncDisposable
{
    public static Task<AloneStand> RawAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        var raw = new RawLog(Path.Combine(folder.FullName, "raw"));
        return Task.FromResult(new AloneStand(
            (stored, payload, _) => raw.AppendAsync(stored.Key, payload),
            () => raw.Commits,
            Journal: null,
            async () =>
            {
                await raw.DisposeAsync();
                folder.Delete(recursive: true);
            }));
    }

    public static Task<AloneStand> SqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        return Task.FromResult(Sqlite(folder.FullName, new RetentionConfig(), () => folder.Delete(recursive: true)));
    }

    /// <param name="folder">Where the file is, or is made.</param>
    /// <param name="retention">How long things are remembered.</param>
    /// <param name="closed">Called at the end.</param>
    public static AloneStand Sqlite(string folder, RetentionConfig retention, Action closed)
    {
        var terms = Retention.From(retention);
        var journal = SqliteJournal.Open(
            new SqliteJournalOptions(Path.Combine(folder, "gateway.db"), () => terms), TimeProvider.System, NullLogger<SqliteJournal>.Instance);
        return Of(journal, () => journal.Commits, closed);
    }

    /// <summary>In a new schema.</summary>
    public static async Task<AloneStand> PostgresAsync(PostgresCluster database)
    {
        var terms = Retention.From(new RetentionConfig());
        var connection = new JournalDatabase(Encoding.UTF8.GetBytes(database.NewSchema()));
        var journal = await PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => connection, () => terms, static () => "bench"),
            TimeProvider.System,
            NullLogger<PostgresJournal>.Instance,
            CancellationToken.None);
        return Of(journal, () => journal.Commits, static () => { });
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private static AloneStand Of(IJournal journal, Func<long> commits, Action closed) => new(
        async (stored, payload, deliveries) =>
        {
            using var arrived = Envelopes.Payload.Of(payload.Span);
            var result = await journal.AppendAsync(stored, arrived, deliveries, CancellationToken.None);
            if (result.Status == AppendStatus.Unavailable)
            {
                throw new InvalidOperationException(result.Fault);
            }
        },
        commits,
        journal,
        async () =>
        {
            await journal.DisposeAsync();
            closed();
        });
}
