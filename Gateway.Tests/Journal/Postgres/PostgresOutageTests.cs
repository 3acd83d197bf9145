using System.Diagnostics;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>A database that goes away and comes back, by the real clock.</summary>
public sealed class PostgresOutageTests
{
    private static readonly byte[] Bytes = "{}"u8.ToArray();

    [Theory]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task Events_are_refused_deliveries_wait_and_all_goes_on_when_it_is_back(string signal)
    {
        await using var cluster = await PostgresCluster.StartNewAsync();
        var logs = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(logs)));
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString()));
        await using var journal = await PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => database, () => Retention.From(new RetentionConfig()), () => "revision"),
            TimeProvider.System, loggers.CreateLogger<PostgresJournal>(), default);
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, 1)).Status);
        var held = Assert.Single(await journal.ClaimAsync("training", 10, inTaskOrder: false, default));

        await cluster.StopAsync(signal);

        var began = Stopwatch.GetTimestamp();
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, 2)).Status);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, 3)).Status);
        Assert.Contains("does not take writes", journal.Health.Fault, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.SettleAsync(held, Settled, default));
        var claim = journal.ClaimAsync("training", 10, inTaskOrder: false, default).AsTask();

        await cluster.StartAsync();
        began = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(() => journal.Health.Fault is null, TimeSpan.FromSeconds(30), () => "a journal that takes writes again");
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, 2)).Status);
        Assert.True(await journal.SettleAsync(held, Settled, default));
        await claim;
        Assert.Single((await journal.ClaimAsync("training", 10, inTaskOrder: false, default)).Concat(await claim));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15));
        Assert.DoesNotContain(logs.GetSnapshot(), line => $"{line.Message} {line.Exception}".Contains(PostgresCluster.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_value_that_the_database_refuses_is_refused_alone()
    {
        await using var journals = new TestJournals();
        var journal = await journals.OpenPostgresAsync(TimeProvider.System);
        await (await PostgresCluster.SharedAsync()).ExecuteAsync("ALTER TABLE payload ADD CHECK (length(bytes) < 100)", journals.Schema);

        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(task =>
            journal.AppendAsync(TestJournals.Event(TimeProvider.System, task), Payload.Of(new byte[task == 17 ? 200 : 10]), [], default).AsTask()));

        Assert.Equal(AppendStatus.Unavailable, results[17].Status);
        Assert.Equal(39, results.Count(result => result.Status == AppendStatus.Accepted));
        Assert.Null(journal.Health.Fault);
    }

    private static Settlement Settled => new(DeliveryState.Delivered, null, null);

    private static ValueTask<AppendResult> Append(PostgresJournal journal, int task) =>
        journal.AppendAsync(TestJournals.Event(TimeProvider.System, task), Payload.Of(Bytes), [new NewDelivery("training")], default);
}
