using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Operator;

public sealed class HealthTests
{
    [Fact]
    public async Task The_admin_listener_says_alive_and_ready_and_takes_no_webhooks()
    {
        await using var gateway = await GatewayHost.StartAsync("{}");

        Assert.Equal("ok\n", await gateway.Admin.GetStringAsync("/healthz"));
        Assert.Contains("\"status\":\"ready\"", await gateway.Admin.GetStringAsync("/readyz"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Admin.PostAsync(AngoPayload.Of())).Status);
    }
}
