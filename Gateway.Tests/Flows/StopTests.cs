using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>A gateway that is told to stop: attempts in flight finish or are pending again, within a bound.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task While_it_drains_a_gateway_says_so_and_still_takes_webhooks()
    {
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", GatewayHost.Complete("""
            { "listen": { "public": "http://127.0.0.1:0", "admin": "http://127.0.0.1:0", "drain": "00:00:10" } }
            """));
        await using var gateway = await GatewayProcess.StartAsync(config);

        var end = gateway.TerminateAsync();
        await Eventually.TrueAsync(
            async () => (await gateway.Admin.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable,
            TimeSpan.FromSeconds(8),
            () => "/readyz never said that it drains");

        Assert.Contains("draining", await (await gateway.Admin.GetAsync("/readyz")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.Public.PostAsync(AngoPayload.Of())).Status);
        await end;
        Assert.Equal(0, gateway.ExitCode);
    }

    [Fact]
    public async Task An_attempt_in_flight_is_finished_and_what_waits_is_left_for_the_next_start()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Holds();
        using var folder = new TemporaryFolder();
        var config = $$"""
            {
              "consumers": { "training": { "url": "{{consumer.Url}}", "delivery": { "concurrency": 2, "timeout": "00:00:02" } } },
              "routes": [ { "match": {}, "to": ["training"] } ]
            }
            """;
        var began = TimeProvider.System.GetTimestamp();
        await using (var first = await GatewayHost.StartAsync(config, folder.Path))
        {
            for (var i = 0; i < 6; i++)
                Assert.Equal(HttpStatusCode.Accepted, (await first.PostAsync(AngoPayload.Of(task: $"t{i}"))).Status);
            await consumer.WaitForAsync(2);
        }

        // The two that were out timed out in peace and are due in a minute; no third one was begun after the stop.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 1, 14);
        Assert.Equal(2, consumer.Received.Count);
        await using var second = await GatewayHost.StartAsync(config, folder.Path);
        await consumer.WaitForAsync(4);
        Assert.Equal(4, consumer.Received.Select(got => got.Headers["X-Gateway-Delivery-Id"]).Distinct().Count());
    }
}
