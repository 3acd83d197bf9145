using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>A start with 1,000,000 pending deliveries.</summary>
[Trait("Row", "million")]
public sealed class MillionTests
{
    [Fact]
    public async Task A_start_with_a_great_backlog_serves_at_once_and_holds_little_in_memory()
    {
        var count = Size(2000, 1_000_000);
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url));
        long idle;
        await using (var first = await GatewayProcess.StartAsync(config))
        {
            await first.Public.PostAsync(AngoPayload.Of(task: "first"));
            idle = first.Memory;
            await first.TerminateAsync();
        }

        var file = Path.Combine(folder.Path, "gateway.db");
        PendingEvents.Add(file, count, "all");
        var began = TimeProvider.System.GetTimestamp();
        await using var gateway = await GatewayProcess.StartAsync(config);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.Public.PostAsync(AngoPayload.Of(task: "serving"))).Status);
        var serving = TimeProvider.System.GetElapsedTime(began);

        var delivered = Size(2000, 20_000);
        await Eventually.TrueAsync(() => consumer.DeliveredCount >= delivered, Patience, () => $"{consumer.DeliveredCount} of the backlog delivered");
        var memory = gateway.Memory;
        Figure(serving <= TimeSpan.FromSeconds(2), $"first 2xx after {serving}");
        Figure(memory - idle <= 150 * 1048576, $"{(memory - idle) / 1048576} MB above idle");
        Report($"start with {count} pending deliveries",
            $"first 2xx {serving.TotalSeconds:0.00} s after the start, memory {idle / 1048576} MB idle, {memory / 1048576} MB after {delivered} of them");
    }
}
