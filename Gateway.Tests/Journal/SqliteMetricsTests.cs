using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Telemetry;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>What the metrics are told of commits, and of what a rollback took back.</summary>
public sealed class SqliteMetricsTests : SqliteTest
{
    [Fact]
    public async Task A_commit_is_measured_with_the_writes_that_share_it()
    {
        using var sizes = new MetricCollector<long>(Metrics.CommitSize);
        using var durations = new MetricCollector<double>(Metrics.CommitDuration);
        var journal = Open();
        using var held = await Hold(journal);
        var appends = Enumerable.Range(0, 317).Select(task => Append(journal, Event(task), "training").AsTask()).ToArray();

        await held.LetGo();
        await Task.WhenAll(appends);

        // Other journals of the process are measured too; no other test has as many writes together. A step of upkeep may ride along.
        Assert.Contains(sizes.GetMeasurementSnapshot(), size => size.Value is 317 or 318);
        Assert.All(durations.GetMeasurementSnapshot(), duration => Assert.True(duration.Value > 0));
    }

    [Fact]
    public async Task A_transaction_that_ran_twice_counts_its_ends_once()
    {
        using var ends = new MetricCollector<long>(Metrics.Deliveries);
        var journal = Open();
        var taken = Event(0);
        await Append(journal, taken);
        using var held = await Hold(journal);
        var done = journal.AppendAsync(Event(1), Payload.Of(Bytes), [new NewDelivery("done-once", Delivered.Attempt)], default).AsTask();
        var bad = Append(journal, Event(2) with { Id = taken.Id }, "training").AsTask();

        await held.LetGo();

        Assert.Equal(AppendStatus.Accepted, (await done).Status);
        Assert.Equal(AppendStatus.Unavailable, (await bad).Status);
        Assert.Equal(1, ends.GetMeasurementSnapshot().Where(end => Equals(end.Tags["consumer"], "done-once")).Sum(end => end.Value));
    }
}
