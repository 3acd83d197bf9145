using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>SIGKILL at random moments under 500 events/s, 100 times.</summary>
[Trait("Row", "kill")]
public sealed class KillTests
{
    private const int Concurrency = 16;

    [Fact]
    public async Task Kills_at_random_moments_lose_nothing_that_was_acknowledged()
    {
        var kills = Size(3, 100);
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url, $"\"concurrency\": {Concurrency}"));
        var load = new Load(rate: 500);
        var random = new Random(Seed);
        var firstAnswers = new List<TimeSpan>();
        var runs = new List<int>();
        for (var kill = 0; kill < kills; kill++)
        {
            runs.Add(consumer.Count);
            var began = TimeProvider.System.GetTimestamp();
            await using var gateway = await GatewayProcess.StartAsync(config);
            await load.RunUntilGoneAsync(gateway.Public, acknowledgements: 1, async () =>
            {
                firstAnswers.Add(TimeProvider.System.GetElapsedTime(began));
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, Size(600, 2000))), TimeProvider.System, CancellationToken.None);
                await gateway.KillAsync();
            });
        }

        runs.Add(consumer.Count);
        await using var last = await GatewayProcess.StartAsync(config);
        await consumer.WaitForAsync(load.Acknowledged, Patience);
        Assert.True(load.AcknowledgedCount >= kills * 10);

        // At-least-once: a repeat is the same delivery, and after one kill there are no more than were in flight or unsettled.
        var arrivals = consumer.Arrivals;
        var repeats = Repeats(arrivals);
        var most = runs.Append(arrivals.Count).Pairwise()
            .Max(run => Repeats([.. arrivals.Take(run.Second)]).Count - Repeats([.. arrivals.Take(run.First)]).Count);
        Assert.InRange(most, 0, 2 * Concurrency);
        var median = Percentile(firstAnswers.Skip(1), 0.5);
        Figure(median <= TimeSpan.FromSeconds(2), $"first 2xx after {median}");

        await last.TerminateAsync();
        Assert.Equal(0, last.ExitCode);
        Report("SIGKILL at random moments",
            $"{kills} kills, {load.AcknowledgedCount} acknowledged, 0 lost, {repeats.Count} repeats (at most {most} after one kill), first 2xx {median.TotalSeconds:0.00} s after the start (median)");
    }
}
