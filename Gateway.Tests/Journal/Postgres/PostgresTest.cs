using System.Globalization;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>What the tests of several gateways on one PostgreSQL journal share.</summary>
public abstract class PostgresTest : IAsyncLifetime
{
    private protected static readonly byte[] Bytes = "{}"u8.ToArray();
    private protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private protected TestJournals Journals { get; } = new();

    /// <summary>The database's clock.</summary>
    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected static Settlement Delivered => Settled(DeliveryState.Delivered);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Journals.DisposeAsync();

    /// <summary>A gateway whose own timers stand still: it renews nothing and looks at nothing, as if it were frozen.</summary>
    private protected Task<PostgresJournal> OpenFrozen(Func<PostgresJournalOptions, PostgresJournalOptions>? with = null) =>
        Journals.OpenPostgresAsync(new FakeTimeProvider(Time.GetUtcNow()), options => (with?.Invoke(options) ?? options) with { Clock = Time });

    private protected StoredEvent Event(int task, Disposition disposition = Disposition.Routed) => TestJournals.Event(Time, task, disposition);

    /// <summary>One of several versions of a task, the later the newer.</summary>
    private protected StoredEvent Version(int task, int minute)
    {
        var made = Event((task * 1000) + minute);
        var updatedAt = Time.GetUtcNow().AddMinutes(minute).ToString("O", CultureInfo.InvariantCulture);
        return made with { Envelope = made.Envelope with { TaskId = $"t{task}", UpdatedAt = updatedAt, StageName = $"{minute}" } };
    }

    private protected static ValueTask<AppendResult> Append(IJournal journal, StoredEvent @event, params string[] consumers) =>
        journal.AppendAsync(@event, Payload.Of(Bytes), [.. consumers.Select(consumer => new NewDelivery(consumer))], default);

    private protected static ValueTask<IReadOnlyList<Delivery>> Claim(IJournal journal, string consumer, int limit = 10, bool inTaskOrder = false) =>
        journal.ClaimAsync(consumer, limit, inTaskOrder, default);

    private protected static Settlement Settled(DeliveryState state, DateTimeOffset? dueAt = null) => new(
        state, dueAt, new Attempt(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://training:9000", 200, null, null));

    /// <summary>Lets the clock run, a second at a time, until something has come of it.</summary>
    private protected Task Until(Func<Task<bool>> condition, string what) => Eventually.TrueAsync(
        async () =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return await condition();
        },
        Soon,
        () => what);

    private protected async Task<long> Number(string sql) =>
        Convert.ToInt64(await (await PostgresCluster.SharedAsync()).ScalarAsync(sql, Journals.Schema), CultureInfo.InvariantCulture);
}
