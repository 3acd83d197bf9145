using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Telemetry;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>What the metrics are told of deliveries that ended.</summary>
public abstract partial class JournalConformance
{
    // The counters belong to the process: each journal's tests have a consumer of their own.
    private string Counted => $"counted-{GetType().Name}";

    [Fact]
    public async Task Every_end_of_a_delivery_is_counted_once()
    {
        using var ends = new MetricCollector<long>(Metrics.Deliveries);
        using var lags = new MetricCollector<double>(Metrics.DeliveryLag);
        await Journal.AppendAsync(Event(1), Payload.Of(Bytes), [new(Counted, Failed() with { At = Time.GetUtcNow(), Status = 200 })], default);
        await Append(Event(2), Counted);
        Time.Advance(TimeSpan.FromSeconds(7));
        await Settle(Counted, DeliveryState.Delivered);
        await Append(Event(3), Counted);
        await Settle(Counted, DeliveryState.Dead);
        await ReplayAll();
        Time.Advance(TimeSpan.FromSeconds(7));
        await Settle(Counted, DeliveryState.Delivered);
        await Append(Event(4), Counted);
        await Settle(Counted, DeliveryState.Dead);
        await Operations.DiscardAsync(new(Consumer: Counted), 10, default);
        await Journal.AppendAsync(Version("t5", 1), Payload.Of(Bytes), [new(Counted, NewestOnly: true)], default);
        await Journal.AppendAsync(Version("t5", 2), Payload.Of(Bytes), [new(Counted, NewestOnly: true)], default);

        var counted = ends.GetMeasurementSnapshot()
            .Where(end => Equals(end.Tags["consumer"], Counted))
            .GroupBy(end => (string)end.Tags["outcome"]!)
            .ToDictionary(group => group.Key, group => group.Sum(end => end.Value));
        Assert.Equal(
            [new("dead", 2), new("delivered", 3), new("discarded", 1), new("replayed", 1), new("superseded", 1)],
            counted.OrderBy(end => end.Key, StringComparer.Ordinal));
        // Of the one done at once and of the first delivery; a replay is as late as a person is.
        Assert.Equal([0.012, 7], lags.GetMeasurementSnapshot().Where(lag => Equals(lag.Tags["consumer"], Counted)).Select(lag => Math.Round(lag.Value, 3)));
    }

    [Fact]
    public async Task A_delivery_that_goes_on_is_no_end()
    {
        var consumer = Counted + "-going-on";
        using var ends = new MetricCollector<long>(Metrics.Deliveries);
        await Append(Event(1), consumer);
        var delivery = Assert.Single(await Claim(consumer));
        await Journal.SettleAsync(delivery, Retry(TimeSpan.FromSeconds(1)), default);
        Time.Advance(TimeSpan.FromSeconds(1));
        Journal.Release(Assert.Single(await Claim(consumer)));

        Assert.DoesNotContain(ends.GetMeasurementSnapshot(), end => Equals(end.Tags["consumer"], consumer));
    }

    private async Task ReplayAll()
    {
        var job = await Operations.StartReplayAsync(new ReplayOrder(new JournalFilter(Consumer: Counted)), default);
        while (job.State == ReplayState.Running)
            job = await Operations.StepReplayAsync(job.Id, 10, _ => [], default);
    }
}
