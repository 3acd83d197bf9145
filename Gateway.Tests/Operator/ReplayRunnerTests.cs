using AngoGateway.Configuration;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Operator;
using AngoGateway.Tests.Configuration;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Operator;

/// <summary>The pace of replays, and that each item is taken exactly once: step by step, on a clock that stands still.</summary>
public sealed class ReplayRunnerTests
{

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 11, 8, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(1, 30, 3)]
    [InlineData(5, 10, 5)]
    [InlineData(15, 20, 30)]
    [InlineData(100, 7, 70)]
    public async Task A_replay_takes_no_more_than_its_rate(int rate, int steps, int expected)
    {
        await using var journals = new TestJournals();
        var journal = await JournalAsync(journals, unrouted: 80);
        var job = await journal.StartReplayAsync(new ReplayOrder(new JournalFilter(ItemState.Unrouted), Rate: rate), CancellationToken.None);
        using var runner = Runner(journal);

        for (var step = 1; step <= steps; step++)
        {
            await runner.StepAsync(CancellationToken.None);
            // One item more than its share: the first goes at once.
            Assert.InRange(await DoneAsync(journal, job), 1, Math.Ceiling(rate * step / 10.0) + 1);
        }

        Assert.InRange(await DoneAsync(journal, job), expected - 1, expected);
    }

    [Fact]
    public async Task A_runner_that_is_killed_in_the_middle_leaves_each_item_to_be_done_exactly_once()
    {
        await using var journals = new TestJournals();
        var journal = await JournalAsync(journals, unrouted: 50);
        await journal.StartReplayAsync(new ReplayOrder(new JournalFilter(ItemState.Unrouted), Rate: 100), CancellationToken.None);
        using (var killed = Runner(journal))
        {
            await killed.StepAsync(CancellationToken.None);
            await killed.StepAsync(CancellationToken.None);
        }

        using var next = Runner(journal);
        for (var step = 0; step < 10; step++)
            await next.StepAsync(CancellationToken.None);

        var items = await journal.ListAsync(new JournalFilter(), null, 1000, CancellationToken.None);
        Assert.Equal((50, 50), (items.Count, items.Select(item => item.DeliveryId).Distinct().Count()));
        Assert.All(items, item => Assert.Equal(("training", ItemState.Pending), (item.Consumer, item.State)));
        Assert.Equal(ReplayState.Done, Assert.Single(await journal.ReplaysAsync(CancellationToken.None)).State);
        Assert.False(await next.StepAsync(CancellationToken.None));
    }

    private ReplayRunner Runner(SqliteJournal journal)
    {
        using var config = new TestConfig();
        var snapshot = TestConfig.Loader(_clock).Load(config.FilePath, previous: null).Snapshot!;
        return new ReplayRunner(journal, new LiveSnapshot(snapshot), _clock, NullLogger<ReplayRunner>.Instance);
    }

    private async Task<SqliteJournal> JournalAsync(TestJournals journals, int unrouted)
    {
        var journal = journals.OpenSqlite(_clock);
        for (var task = 0; task < unrouted; task++)
            await journal.AppendAsync(TestJournals.Event(_clock, task, Disposition.Unrouted), Payload.Of("{}"u8.ToArray()), [], CancellationToken.None);

        return journal;
    }

    private static async Task<long> DoneAsync(SqliteJournal journal, ReplayJob job) =>
        (await journal.ReplaysAsync(CancellationToken.None)).Single(one => one.Id == job.Id).Done;
}
