using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>What dead consumers cost the healthy ones: nothing.</summary>
public sealed class NeighbourTests
{
    [Trait("Row", "neighbours")]
    [Fact]
    public async Task One_black_holed_and_one_refusing_consumer_cost_the_healthy_one_nothing()
    {
        var count = Size(100, 15_000);
        var rate = Size(200, 500);
        await using var hole = await Sink.StartAsync();
        await using var refusing = await Sink.StartAsync();
        await using var healthy = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config([
            ("hole", hole.Url, "\"timeout\": \"00:00:02\""), ("refusing", refusing.Url, null), ("healthy", healthy.Url, null)]));
        await using var gateway = await GatewayProcess.StartAsync(config);
        await new Load(rate, "warm").RunAsync(gateway.Public, CancellationToken.None, count: Size(20, 5000));

        // The baseline has the same three deliveries for each event, all of them well.
        var (baseline, usualThroughput) = await MeasureAsync("baseline");
        hole.Answer = SinkAnswer.Hold;
        await refusing.RefuseAsync();
        var (lags, throughput) = await MeasureAsync("faulty");

        var usual = Percentile(baseline, 0.99);
        var p99 = Percentile(lags, 0.99);
        Figure(p99 <= 2 * usual, $"p99 {p99} beside {usual}");
        Figure(throughput >= 0.9 * usualThroughput, $"{throughput}/s beside {usualThroughput}/s");
        Assert.Contains(hole.Arrivals, arrival => arrival.Status == 0);
        Report("one black-holed, one refusing, one healthy",
            $"healthy p99 {p99.TotalMilliseconds:0.0} ms, baseline {usual.TotalMilliseconds:0.0} ms ({p99 / usual:0.00}x); throughput {throughput:0}/s, baseline {usualThroughput:0}/s, {count} events each");

        async Task<(IReadOnlyList<TimeSpan>, double)> MeasureAsync(string name)
        {
            var load = new Load(rate, name);
            var began = TimeProvider.System.GetUtcNow();
            await load.RunAsync(gateway.Public, CancellationToken.None, count: count);
            await healthy.WaitForAsync(load.Acknowledged, Patience);
            Assert.Equal(count, load.AcknowledgedCount);
            return (Lags(load, healthy.Arrivals), count / (healthy.Arrivals[^1].At - began).TotalSeconds);
        }
    }

    [Trait("Row", "many-consumers")]
    [Fact]
    public async Task A_hundred_and_fifty_dead_consumers_cost_the_other_fifty_nothing()
    {
        var healthy = Size(5, 50);
        var rate = 100;
        var count = Size(50, 6000);
        await using var well = await Sink.StartAsync();
        await using var hole = await Sink.StartAsync();
        await using var refusing = await Sink.StartAsync();
        await using var failing = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", OneHealthyInFour(healthy, well, hole, refusing, failing));
        await using var gateway = await GatewayProcess.StartAsync(config);
        await MeasureAsync("warm");

        var (usual, usualCores) = await MeasureAsync("baseline");
        hole.Answer = SinkAnswer.Hold;
        failing.Answer = SinkAnswer.Failing;
        await refusing.RefuseAsync();
        var (p99, cores) = await MeasureAsync("faulty");

        Figure(p99 <= 2 * usual, $"p99 {p99} beside {usual}");
        Figure(cores < 1, $"{cores} cores");
        Report($"{4 * healthy} consumers, {3 * healthy} of them dead",
            $"healthy p99 {p99.TotalMilliseconds:0.0} ms, baseline {usual.TotalMilliseconds:0.0} ms ({p99 / usual:0.00}x); {cores:0.00} cores, baseline {usualCores:0.00}, at {rate} events/s to four consumers each");

        async Task<(TimeSpan P99, double Cores)> MeasureAsync(string name)
        {
            var load = new Load(rate, name) { Stage = i => $"s{i % healthy}" };
            var (began, cpu) = (TimeProvider.System.GetTimestamp(), gateway.Processor);
            await load.RunAsync(gateway.Public, CancellationToken.None, count: count);
            await well.WaitForAsync(load.Acknowledged, Patience);
            var share = (gateway.Processor - cpu) / TimeProvider.System.GetElapsedTime(began);
            return (Percentile(Lags(load, well.Arrivals), 0.99), share);
        }
    }

    // Every event goes to one healthy consumer and to three that are dead: black-holed, refusing, answering 500.
    private static string OneHealthyInFour(int healthy, Sink well, Sink hole, Sink refusing, Sink failing)
    {
        var indices = Enumerable.Range(0, healthy).ToArray();
        (string Kind, Sink Sink)[] kinds = [("well", well), ("hole", hole), ("refusing", refusing), ("failing", failing)];
        var consumers = indices.SelectMany(i => kinds.Select(kind =>
            $$"""  "{{kind.Kind}}{{i}}": { "url": "{{kind.Sink.Url}}", "delivery": { "timeout": "00:00:05" } }"""));
        var routes = indices.Select(i =>
            $$"""  { "match": { "stage": "s{{i}}" }, "to": [{{string.Join(", ", kinds.Select(kind => $"\"{kind.Kind}{i}\""))}}] }""");
        return GatewayHost.Complete($$"""{ "consumers": { {{string.Join(",", consumers)}} }, "routes": [ {{string.Join(",", routes)}} ] }""");
    }
}
