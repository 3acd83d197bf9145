using System.Net;
using System.Text.Json.Nodes;
using AngoGateway.Commands;
using AngoGateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AngoGateway.Tests.Operator;

public sealed class ListenersTests
{
    // With Kestrel's, a body that pauses for five seconds would be answered 408 whatever limits.bodyTimeout says.
    [Fact]
    public async Task Bodies_are_bounded_by_the_gateways_limits_and_not_by_Kestrels()
    {
        await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""");

        var limits = gateway.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Null(limits.MinRequestBodyDataRate);
        Assert.Null(limits.MaxRequestBodySize);
    }

    // The command's own handling of a signal stops its hosts; a lifetime of the host's would stop one of them alone.
    [Fact]
    public async Task A_host_takes_no_signals_of_its_own()
    {
        await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""");

        Assert.IsType<CommandLifetime>(gateway.Services.GetRequiredService<IHostLifetime>());
    }

    // The ports that .NET's container images set for every program.
    [Fact]
    public async Task Ports_set_for_all_programs_are_overridden_without_a_warning()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "gateway.json"), GatewayHost.Complete("""{ "journal": { "type": "memory" } }"""));
        var warnings = new List<string>();
        var options = new GatewayServerOptions(
            Path.Combine(folder.Path, "gateway.json"), _ => SignedWebhook.Secret, TimeProvider.System,
            builder => builder.Logging.ClearProviders().AddFakeLogging(log => log.OutputSink = warnings.Add).SetMinimumLevel(LogLevel.Warning));
        Environment.SetEnvironmentVariable("ASPNETCORE_HTTP_PORTS", "8080");
        try
        {
            await using var server = await GatewayServer.StartAsync(options, CancellationToken.None);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_HTTP_PORTS", null);
        }

        Assert.DoesNotContain(warnings, line => line.Contains("Overriding", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Health_is_told_to_HEAD_too(string path)
    {
        await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""");
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await gateway.Admin.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404, "Nothing is at this path.")]
    [InlineData("DELETE", "/api/consumers", 405, "This path does not take this method.")]
    [InlineData("POST", "/readyz", 405, "This path does not take this method.")]
    public async Task What_the_admin_listener_does_not_have_is_a_problem_too(string method, string path, int status, string title)
    {
        await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await gateway.Admin.SendAsync(request);

        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal(title, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["title"]);
    }
}
