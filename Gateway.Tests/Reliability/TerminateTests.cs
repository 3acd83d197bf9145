using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>SIGTERM under load, 20 times.</summary>
[Trait("Row", "terminate")]
public sealed class TerminateTests
{
    // Attempts in flight may take 15 s to finish before they are cut; the journal closes after them.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task A_stop_under_load_loses_nothing_and_resets_no_accepted_request()
    {
        var stops = Size(2, 20);
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url));
        var file = Path.Combine(folder.Path, "gateway.db");
        var load = new Load(rate: 500);
        var random = new Random(Seed);
        var slowest = TimeSpan.Zero;
        for (var stop = 0; stop < stops; stop++)
        {
            await using var gateway = await GatewayProcess.StartAsync(config);
            await load.RunUntilGoneAsync(gateway.Public, acknowledgements: random.Next(20, 500), async () =>
            {
                var began = TimeProvider.System.GetTimestamp();
                await gateway.TerminateAsync();
                slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, TimeProvider.System.GetElapsedTime(began).Ticks));
            });
            Assert.Equal(0, gateway.ExitCode);
            Assert.False(File.Exists(file + "-wal") && new FileInfo(file + "-wal").Length > 0, "The journal was not closed clean.");
        }

        // A request that is under way on a kept connection which the gateway closes meets a reset; none that was stored may.
        var stored = Ask(file, "SELECT task FROM event").ToHashSet();
        Assert.DoesNotContain(load.Unanswered, stored.Contains);
        Assert.Subset(new HashSet<HttpStatusCode> { HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable }, load.Answers.Keys.ToHashSet());
        Figure(slowest < Bound, $"{slowest} until the exit");

        await using var last = await GatewayProcess.StartAsync(config);
        await consumer.WaitForAsync(load.Acknowledged, Patience);
        var repeats = Repeats(consumer.Arrivals).Count;
        Report("SIGTERM under load",
            $"{stops} stops, {load.AcknowledgedCount} acknowledged, 0 lost, {repeats} repeats, 0 accepted requests reset ({load.Unanswered.Count} others met a closing connection), exit code 0 within {slowest.TotalSeconds:0.00} s");
    }
}
