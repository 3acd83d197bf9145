using AngoGateway.Telemetry;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>SIGKILL from within, at named moments in the life of an event, 20 times each.</summary>
[Trait("Row", "crash-points")]
public sealed class CrashPointTests
{
    [Theory]
    [InlineData(Checkpoints.BeforeInsert)]
    [InlineData(Checkpoints.Committed)]
    [InlineData(Checkpoints.BeforeAnswer)]
    [InlineData(Checkpoints.Sent)]
    [InlineData(Checkpoints.BeforeSettle)]
    [InlineData(Checkpoints.Settled)]
    [InlineData(Checkpoints.Pruning)]
    public async Task A_crash_at_this_point_loses_nothing(string checkpoint)
    {
        var crashes = Size(1, 20);
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        // One attempt at a time, so that it is known what is in flight.
        var lasting = Config(consumer.Url, "\"concurrency\": 1");
        var config = folder.Write("gateway.json", lasting);
        // Only the gateway that is to crash while it prunes finds every event too old: the one before it leaves them all to it.
        var crashing = checkpoint == Checkpoints.Pruning ? folder.Write("forgetful.json", Forgetful(lasting)) : config;
        var load = new Load(rate: 100);
        if (checkpoint == Checkpoints.Pruning)
        {
            await using var before = await GatewayProcess.StartAsync(config);
            await LeaveSomethingToPruneAsync(before);
            await before.TerminateAsync();
        }

        var random = new Random(Seed);
        for (var crash = 0; crash < crashes; crash++)
        {
            var times = checkpoint == Checkpoints.Pruning ? 1 : random.Next(1, 40);
            var repeatsBefore = Repeats(consumer.Arrivals).Count;
            if (await CrashAt(crashing, checkpoint, times) is { } gateway)
            {
                await using var crashed = gateway;
                using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
                await load.RunAsync(gateway.Public, stop.Token);
                Assert.False(stop.IsCancellationRequested, $"{checkpoint} was not reached {times} times.");
                await gateway.WaitForExitAsync(Patience);
                Assert.Equal(GatewayProcess.EndedByKill, gateway.ExitCode);
            }

            await using var after = await GatewayProcess.StartAsync(config);
            await consumer.WaitForAsync(load.Acknowledged, Patience);
            if (checkpoint is Checkpoints.Sent or Checkpoints.BeforeSettle)
            {
                await Eventually.TrueAsync(() => Repeats(consumer.Arrivals).Count > repeatsBefore, Patience, () => "the repeat");
            }

            if (checkpoint == Checkpoints.Pruning)
                await LeaveSomethingToPruneAsync(after);

            await after.TerminateAsync();
            var repeats = Repeats(consumer.Arrivals).Count - repeatsBefore;
            Assert.InRange(repeats, checkpoint is Checkpoints.Sent or Checkpoints.BeforeSettle ? 1 : 0, checkpoint is Checkpoints.Sent or Checkpoints.BeforeSettle ? 1 : 2);
            Assert.Equal("ok", Integrity(Path.Combine(folder.Path, "gateway.db")));
        }

        Report($"crash point {checkpoint}", $"{crashes} crashes, {load.AcknowledgedCount} acknowledged, 0 lost, {Repeats(consumer.Arrivals).Count} repeats");

        async Task LeaveSomethingToPruneAsync(GatewayProcess gateway)
        {
            await load.RunAsync(gateway.Public, CancellationToken.None, count: 20);
            await consumer.WaitForAsync(load.Acknowledged, Patience);
        }
    }

    /// <summary>The hook's own proof: without a name it changes nothing, and it counts.</summary>
    [Fact]
    public async Task The_hook_kills_at_the_time_it_is_told_and_not_before()
    {
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url));
        await using var gateway = (await CrashAt(config, Checkpoints.BeforeInsert, times: 3))!;

        Assert.NotNull((await gateway.Public.PostAsync(AngoPayload.Of(task: "1"))).EventId);
        Assert.NotNull((await gateway.Public.PostAsync(AngoPayload.Of(task: "2"))).EventId);
        Assert.False(gateway.HasExited);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.Public.PostAsync(AngoPayload.Of(task: "3")));
        await gateway.WaitForExitAsync(Patience);

        Assert.Equal(GatewayProcess.EndedByKill, gateway.ExitCode);
    }

    public static (string, string)[] Hook(string checkpoint, int times) =>
        [("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location), (StartupHook.Variable, $"{checkpoint}:{times}")];

    /// <returns>Null when it has crashed already: on a busy machine it may prune before it has begun to listen.</returns>
    private static async Task<GatewayProcess?> CrashAt(string config, string checkpoint, int times)
    {
        try
        {
            return await GatewayProcess.StartAsync(config, Hook(checkpoint, times));
        }
        catch (InvalidOperationException e) when (checkpoint == Checkpoints.Pruning && e.Message.Contains($"exit code {GatewayProcess.EndedByKill}", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static string Forgetful(string config)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(config)!;
        json["retention"]!["events"] = "00:00:00.001";
        return json.ToJsonString();
    }
}
