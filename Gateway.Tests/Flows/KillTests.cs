using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>What was acknowledged arrives, whatever happened to the process.</summary>
public sealed class KillTests
{
    private const int Kills = 10;

    [Fact]
    public async Task Ten_kills_under_load_lose_nothing_that_was_acknowledged()
    {
        using var consumer = FakeConsumer.Start();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", GatewayHost.Complete($$"""
            {
              "consumers": { "all": { "url": "{{consumer.Url}}" } },
              "routes": [ { "match": {}, "to": ["all"] } ]
            }
            """));
        var load = new Load();
        var random = new Random(20261123);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var gateway = await GatewayProcess.StartAsync(config);
            await load.RunUntilGoneAsync(gateway.Public, senders: 8, acknowledgements: random.Next(20, 150), gateway.KillAsync);
        }

        await using var last = await GatewayProcess.StartAsync(config);
        await consumer.WaitForEventsAsync(load.Acknowledged, TimeSpan.FromSeconds(60));
        Assert.True(load.Acknowledged.Count >= Kills * 20);

        // At-least-once: a repeat is the same delivery, and there are no more of them than attempts were in flight.
        var repeats = consumer.Received.GroupBy(got => got.Headers["X-Gateway-Event-Id"]).Where(group => group.Count() > 1).ToArray();
        Assert.All(repeats, group => Assert.Single(group.Select(got => got.Headers["X-Gateway-Delivery-Id"]).Distinct()));
        Assert.InRange(repeats.Length, 0, Kills * 2 * 16);

        await last.TerminateAsync();
        Assert.Equal(0, last.ExitCode);
    }
}
