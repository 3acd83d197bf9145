using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>What the tests of the SQLite journal share.</summary>
public abstract class SqliteTest : IAsyncLifetime
{
    private protected static readonly byte[] Bytes = "{}"u8.ToArray();

    private protected TestJournals Journals { get; } = new();

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected static Settlement Delivered => Settled(DeliveryState.Delivered);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Journals.DisposeAsync();

    private protected SqliteJournal Open(Func<SqliteJournalOptions, SqliteJournalOptions>? with = null) => Journals.OpenSqlite(Time, with);

    private protected StoredEvent Event(int task, Disposition disposition = Disposition.Routed) => TestJournals.Event(Time, task, disposition);

    private protected static ValueTask<AppendResult> Append(IJournal journal, StoredEvent @event, params string[] consumers) =>
        journal.AppendAsync(@event, Payload.Of(Bytes), [.. consumers.Select(consumer => new NewDelivery(consumer))], default);

    private protected static async Task<Delivery> ClaimOne(IJournal journal, string consumer) =>
        Assert.Single(await journal.ClaimAsync(consumer, 10, inTaskOrder: false, default));

    private protected static Settlement Settled(DeliveryState state) => new(
        state, null, new Attempt(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://training:9000", 200, null, null));

    /// <summary>Holds the writer inside a transaction, so that what is appended meanwhile waits for the next one.</summary>
    private protected static async Task<HeldWriter> Hold(SqliteJournal journal)
    {
        var held = new HeldWriter();
        held.Done = journal.OnWriterAsync(_ => held.Enter());
        await held.Entered;
        return held;
    }

    private protected static void Execute(SqliteConnection connection, string sql) => SqliteSchema.Execute(connection, sql);

    private protected sealed class HeldWriter : IDisposable
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _gate = new();

        public Task Entered => _entered.Task;

        public Task Done { get; set; } = Task.CompletedTask;

        public void Enter()
        {
            _entered.TrySetResult();
            _gate.Wait();
        }

        public Task LetGo()
        {
            _gate.Set();
            return Done;
        }

        public void Dispose() => _gate.Set();
    }
}
