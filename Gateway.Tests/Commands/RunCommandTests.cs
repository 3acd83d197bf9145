using AngoGateway.Commands;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Commands;

/// <summary>Starts that come to nothing: one line says why and what to do.</summary>
public sealed class RunCommandTests
{
    // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    [Theory]
    [InlineData("public")]
    [InlineData("admin")]
    public async Task An_address_of_another_machine_is_named_with_its_key(string listener)
    {
        using var folder = new TemporaryFolder();
        var listen = new Dictionary<string, string>(StringComparer.Ordinal) { ["public"] = "127.0.0.1:0", ["admin"] = "127.0.0.1:0", [listener] = "192.0.2.1:18280" };
        var config = folder.Write("gateway.json", GatewayHost.Complete($$"""
            {
              "listen": { "public": "http://{{listen["public"]}}", "admin": "http://{{listen["admin"]}}" },
              "journal": { "type": "memory" },
              "sources": { "open": { "path": "/open", "auth": { "type": "none", "allowUnauthenticated": true } } }
            }
            """));

        var run = await CommandRun.RunAsync(RunCommand.Create(), "--config", config);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("Cannot listen on http://192.0.2.1:18280: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith($"This machine has no such address: write one of its own, or 0.0.0.0 for all. It is listen.{listener} in gateway.json.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_faults_are_written_like_those_of_check()
    {
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", "{\n  \"sources\": {},\n  \"consumers\": {}\n}");

        var run = await CommandRun.RunAsync(RunCommand.Create(), "--config", config);
        var check = await CommandRun.RunAsync(CheckCommand.Create(), "--config", config);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{config}:2: $.sources: is empty", run.Error, StringComparison.Ordinal);
        Assert.Equal(check.Error, run.Error);
    }
}
