using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>A consumer that was away, and what its return looks like from its side.</summary>
public sealed class BacklogTests
{
    private const int Concurrency = 8;

    [Trait("Row", "consumer-down")]
    [Fact]
    public async Task A_consumer_that_was_down_for_all_events_gets_them_all_and_no_burst()
    {
        var count = Size(30, 50_000);
        await using var consumer = await Sink.StartAsync();
        await consumer.RefuseAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url,
            $$""" "concurrency": {{Concurrency}}, "rateLimit": { "permits": 500, "window": "00:00:01" }, "retry": { "firstDelay": "00:00:01", "maxDelay": "00:00:05" } """));
        await using var gateway = await GatewayProcess.StartAsync(config);
        var idle = gateway.Memory;
        var load = new Load(rate: 500);
        await load.RunAsync(gateway.Public, CancellationToken.None, count: count);
        Assert.Equal(count, load.AcknowledgedCount);
        var most = gateway.Memory;

        await consumer.ListenAsync();
        var back = TimeProvider.System.GetUtcNow();
        var all = consumer.WaitForAsync(load.Acknowledged, IsFull ? TimeSpan.FromMinutes(10) : Patience);
        while (await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None)) != all)
            most = Math.Max(most, gateway.Memory);
        await all;

        var arrivals = consumer.Arrivals;
        var busiest = Busiest(arrivals, TimeSpan.FromSeconds(1));
        Assert.InRange(consumer.MostInFlight, 1, Concurrency);
        // A window that begins and ends within the second that is looked at.
        Assert.InRange(busiest, 1, 2 * 500);
        Figure(most - idle <= 150 * 1048576, $"{(most - idle) / 1048576} MB above idle");
        Report($"consumer down for {count} events",
            $"all delivered {(arrivals[^1].At - back).TotalSeconds:0} s after its return, at most {consumer.MostInFlight} in flight (concurrency {Concurrency}), at most {busiest} in any second (rateLimit 500/s); memory {idle / 1048576} MB idle, {most / 1048576} MB at most");
    }

    [Trait("Row", "consumer-back")]
    [Fact]
    public async Task A_limited_consumer_that_comes_back_is_not_flooded()
    {
        var waiting = Size(30, 20_000);
        var limit = 50;
        await using var consumer = await Sink.StartAsync();
        await consumer.RefuseAsync();
        using var folder = new TemporaryFolder();
        // Nothing in the configuration knows of the limit: the lane has to learn it.
        var config = folder.Write("gateway.json", Config(consumer.Url,
            IsFull ? null : """ "retry": { "firstDelay": "00:00:00.500", "maxDelay": "00:00:02" } """));
        await using var gateway = await GatewayProcess.StartAsync(config);
        var load = new Load(rate: Size(200, 67));
        await load.RunAsync(gateway.Public, CancellationToken.None, count: waiting);
        Assert.Equal(waiting, load.AcknowledgedCount);

        // 20,000 at 67 a second are five minutes.
        consumer.Answer = SinkAnswer.Limited;
        consumer.PerSecond = limit;
        await consumer.ListenAsync();
        var back = TimeProvider.System.GetUtcNow();
        await consumer.WaitForAsync(load.Acknowledged, IsFull ? TimeSpan.FromMinutes(30) : Patience);

        var arrivals = consumer.Arrivals;
        var refused = arrivals.Count(arrival => arrival.Status == 429) / (double)arrivals.Count;
        var worst = WorstBin(arrivals);
        Figure(worst <= 3, $"a second with {worst} times its minute's mean");
        Figure(refused < 0.05, $"{refused:P1} answered 429");
        Report($"back after 5 minutes with {waiting} waiting, limited to {limit}/s",
            $"all delivered in {(arrivals[^1].At - back).TotalSeconds:0} s, busiest second {worst:0.00}x its minute's mean, {refused:P2} answered 429");
    }

    private static int Busiest(IReadOnlyList<Arrival> arrivals, TimeSpan window)
    {
        var (first, most) = (0, 0);
        for (var last = 0; last < arrivals.Count; last++)
        {
            while (arrivals[last].At - arrivals[first].At >= window)
                first++;
            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    /// <summary>
    /// The fullest one-second bin beside the mean of the bins of its minute. Minutes count from the first arrival, which the
    /// circuit may hold back for one; the last, in which the backlog ends, counts only when it is the only one.
    /// </summary>
    private static double WorstBin(IReadOnlyList<Arrival> arrivals)
    {
        var from = arrivals[0].At;
        var seconds = new int[(int)(arrivals[^1].At - from).TotalSeconds + 1];
        foreach (var arrival in arrivals)
            seconds[(int)(arrival.At - from).TotalSeconds]++;
        return seconds.Chunk(60).Where(minute => minute.Length == 60 || seconds.Length < 60).Max(minute => minute.Max() / minute.Average());
    }
}
