using AngoGateway.Commands;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;

namespace AngoGateway.Tests.Commands;

public sealed class HealthCommandTests : IDisposable
{
    private const string Ready = """{"status":"ready","revision":"000000000000","journal":null,"refusedReload":null}""";

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
            .RespondWith(Response.Create().WithStatusCode(status).WithBody(Ready));
        var run = await CommandRun.RunAsync(HealthCommand.Create(), "--url", _gateway.Url + "/readyz");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains($"{status} {Ready}", exitCode == 0 ? run.Output : run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ok")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"status":"ready"}""")]
    [InlineData("""{"status":7,"revision":""}""")]
    public async Task A_server_that_is_no_gateway_is_1(string body)
    {
        _gateway.Given(Request.Create()).RespondWith(Response.Create().WithBody(body));
        var run = await CommandRun.RunAsync(HealthCommand.Create(), "--url", _gateway.Url + "/readyz");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("not as a gateway's /readyz answers", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task Without_a_path_readyz_is_meant(string path)
    {
        _gateway.Given(Request.Create().WithPath("/readyz")).RespondWith(Response.Create().WithBody(Ready));

        Assert.Equal(0, (await CommandRun.RunAsync(HealthCommand.Create(), "--url", _gateway.Url + path)).ExitCode);
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
