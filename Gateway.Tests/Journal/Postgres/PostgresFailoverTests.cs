using System.Diagnostics;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>A primary that dies, and its synchronous standby that takes over.</summary>
public sealed class PostgresFailoverTests
{
    [Fact]
    public async Task A_gateway_goes_on_at_the_standby_with_all_that_was_acknowledged()
    {
        await using var primary = await PostgresCluster.StartNewAsync();
        await using var standby = await primary.StartStandbyAsync();
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(primary.ConnectionString(standby)));
        await using var journal = await PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => database, () => Retention.From(new RetentionConfig()), () => "revision"),
            TimeProvider.System, NullLogger<PostgresJournal>.Instance, default);
        var events = Enumerable.Range(0, 100).Select(task => TestJournals.Event(TimeProvider.System, task)).ToArray();
        Assert.All(await Task.WhenAll(events.Select(e => Append(journal, e).AsTask())), result => Assert.Equal(AppendStatus.Accepted, result.Status));
        var held = (await journal.ClaimAsync("training", 1, inTaskOrder: false, default)).Single();

        await primary.StopAsync("KILL");
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, TestJournals.Event(TimeProvider.System, 1000))).Status);
        await standby.ScalarAsync("SELECT pg_promote()");

        var began = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(() => journal.Health.Fault is null, TimeSpan.FromSeconds(30), () => "a journal that takes writes again");
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, TestJournals.Event(TimeProvider.System, 1001))).Status);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15));
        Assert.True(await journal.SettleAsync(held, new Settlement(DeliveryState.Delivered, null, null), default));
        foreach (var acknowledged in events)
            Assert.Equal(acknowledged.Id, await journal.FindAsync(acknowledged.Key, default));

        Assert.Equal(100, (await journal.ClaimAsync("training", 1000, inTaskOrder: false, default)).Count);
    }

    private static ValueTask<AppendResult> Append(PostgresJournal journal, StoredEvent @event) =>
        journal.AppendAsync(@event, Payload.Of("{}"u8.ToArray()), [new NewDelivery("training")], default);
}
