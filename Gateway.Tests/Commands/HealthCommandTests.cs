using AngoGateway.Commands;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;

namespace AngoGateway.Tests.Commands;

public sealed class HealthCommandTests : IDisposable
{
    private readonly WireMockServer _gateway = WireMockServer.Start();

    public void Dispose()
    {
        _gateway.Stop();
        _gateway.Dispose();
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(503, 1)]
    [InlineData(404, 1)]
    public async Task Ready_is_0_and_anything_else_is_1_with_the_reason(int status, int exitCode)
    {
        _gateway.Given(Request.Create().UsingGet().WithPath("/readyz"))
            .RespondWith(Response.Create().WithStatusCode(status).WithBody("the reason"));
        var run = await CommandRun.RunAsync(HealthCommand.Create(), "--url", _gateway.Url + "/readyz");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains($"{status} the reason", exitCode == 0 ? run.Output : run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_1()
    {
        var url = _gateway.Url;
        _gateway.Stop();
        var run = await CommandRun.RunAsync(HealthCommand.Create(), "--url", url + "/readyz");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{url}/readyz is not ready: Connection refused", run.Error, StringComparison.Ordinal);
    }
}
