using System.Net;
using AngoGateway.Tests.Reliability;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>
/// What a webhook costs in allocated memory, all of the gateway's process included, as its own metric counts it. A budget that is
/// broken is not a failure of the webhook but of somebody's good intentions: look at what was added before raising it.
/// </summary>
public sealed class AllocationTests
{
    private const int WarmUp = 300;
    private const int Events = 500;

    // Measured 5.4 to 5.7 KB for a webhook of 2 KB that is kept.
    private const double Accepted = 8_000;

    // Measured 19.4 to 20.6 KB for one that is kept and delivered: YARP's and HttpClient's request, claim, attempt, settlement. Once,
    // beside the whole suite, more than 26 KB: why was not found.
    private const double Delivered = 30_000;

    // Measured 2.2 to 2.5 KB for a forged one of 2 KB.
    private const double Refused = 5_000;

    // Measured 1 to 10 KB more for 1 MB: now and then the pool makes an array anew; one for each would be a megabyte.
    private const double LargeForged = 50_000;

    // Measured 0.1 to 0.6 KB more for 200 KB: the body is read into pooled memory.
    private const double LargeBody = 3_000;

    [Fact]
    public async Task An_accepted_webhook_keeps_within_its_budget_whatever_its_size()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = await GatewayProcess.StartAsync(folder.Write("gateway.json", GatewayHost.Complete("{}")));

        var small = await PerEventAsync(gateway, "small", 2_000);
        var large = await PerEventAsync(gateway, "large", 200_000);

        Assert.InRange(small, 0, Accepted);
        Assert.InRange(large - small, double.MinValue, LargeBody);
    }

    [Fact]
    public async Task A_forged_webhook_keeps_within_its_budget_whatever_its_size()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = await GatewayProcess.StartAsync(folder.Write("gateway.json", GatewayHost.Complete("{}")));

        var small = await PerForgedAsync(gateway, 2_000);
        var large = await PerForgedAsync(gateway, 200_000);
        var larger = await PerForgedAsync(gateway, 1_000_000);

        Assert.InRange(small, 0, Refused);
        Assert.InRange(large - small, double.MinValue, LargeBody);
        Assert.InRange(larger - small, double.MinValue, LargeForged);
    }

    [Fact]
    public async Task A_delivery_keeps_within_its_budget()
    {
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        await using var gateway = await GatewayProcess.StartAsync(folder.Write("gateway.json", Battery.Config(consumer.Url)));

        var each = await PerEventAsync(gateway, "delivered", 2_000, consumer);

        Assert.InRange(each, 0, Delivered);
    }

    private static async Task<double> PerEventAsync(GatewayProcess gateway, string name, int size, Sink? consumer = null)
    {
        await SendAsync(gateway, name + "-warm", size, WarmUp, consumer);
        var before = await AllocatedAsync(gateway);
        await SendAsync(gateway, name, size, Events, consumer);
        return (await AllocatedAsync(gateway) - before) / Events;
    }

    private static async Task<double> PerForgedAsync(GatewayProcess gateway, int size)
    {
        await SendForgedAsync(gateway, size, WarmUp);
        var before = await AllocatedAsync(gateway);
        await SendForgedAsync(gateway, size, Events);
        return (await AllocatedAsync(gateway) - before) / Events;
    }

    private static async Task SendForgedAsync(GatewayProcess gateway, int size, int count)
    {
        var payload = AngoPayload.Of(padding: size);
        for (var i = 0; i < count; i++)
        {
            using var request = SignedWebhook.Of(payload, secret: "somebody else's");
            using var response = await gateway.Public.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    private static async Task SendAsync(GatewayProcess gateway, string name, int size, int count, Sink? consumer)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            var receipt = await gateway.Public.PostAsync(AngoPayload.Of(task: $"{name}-{i}", padding: size));
            Assert.Equal(HttpStatusCode.Accepted, receipt.Status);
            ids.Add(receipt.EventId!.Value);
        }

        await (consumer?.WaitForAsync(ids, Battery.Patience) ?? Task.CompletedTask);
    }

    // A page is kept for a moment: the value must move on from what an earlier look has shown.
    private static async Task<double> AllocatedAsync(GatewayProcess gateway)
    {
        var seen = await ReadAsync();
        var now = seen;
        await Eventually.TrueAsync(async () => (now = await ReadAsync()) > seen, Battery.Patience, () => "a new page of metrics");
        return now;

        async Task<double> ReadAsync() => (await MetricsPage.ReadAsync(gateway.Admin))["dotnet_gc_heap_total_allocated_bytes_total"]!.Value;
    }
}
