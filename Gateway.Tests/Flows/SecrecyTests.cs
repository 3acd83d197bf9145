using System.Text.RegularExpressions;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>
/// No payload, secret, signature, token, pre-signed link or e-mail address leaves a real gateway by any way of seeing it:
/// its log with state and scopes, OTLP's traces, metrics and logs, the page of metrics, its refusals.
/// </summary>
public sealed partial class SecrecyTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Canaries_of_every_kind_are_in_nothing_that_can_be_seen()
    {
        await using var exports = await RawExports.StartAsync();
        await using var consumers = new SecrecyConsumers();
        using var folder = new TemporaryFolder();
        folder.Write("admin", SecrecyFlows.AdminToken);
        folder.Write("bearer", SecrecyFlows.BearerToken);
        folder.Write("retired", SecrecyFlows.RetiredSecret);
        var config = folder.Write("gateway.json", GatewayHost.Complete(consumers.Config(folder.Path)));
        var gateway = await GatewayProcess.StartAsync(
            config,
            ("Logging__LogLevel__Default", "Information"),
            ("Logging__LogLevel__AngoGateway", "Trace"),
            ("DOTNET_RUNNING_IN_CONTAINER", "true"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", exports.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "100"));
        await using var flows = new SecrecyFlows(gateway);

        await flows.AcceptedAsync();
        await flows.RefusedAsync();
        await flows.ProxiedAsync();
        await WaitForAsync(exports, "Attempt Dead consumer=failing");
        await WaitForAsync(exports, "Attempt Dead consumer=garbage");
        await WaitForAsync(exports, "Attempt Delivered consumer=flaky");
        await flows.OperatedAsync();
        await ReloadAsync(exports, config, consumers.Config(folder.Path, secrets: "\"canary-literal-secret\""), "was refused");
        await ReloadAsync(
            exports, config, consumers.Config(folder.Path, extra: "\"new\": { \"url\": \"http://canary-user:canary-pass@127.0.0.1/?token=canary\" },"), "was refused");
        await ReloadAsync(exports, config, consumers.Config(folder.Path, extra: "\"new\": { \"url\": \"http://127.0.0.1:9\" },"), "is in force");
        var page = await gateway.Admin.GetStringAsync("/metrics");
        File.Move(Path.Combine(folder.Path, "gateway.db"), Path.Combine(folder.Path, "elsewhere.db"));
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, await flows.PostAsync(AngoPayload.Of(task: "not taken")));
        var readiness = await (await gateway.Admin.GetAsync("/readyz")).Content.ReadAsStringAsync();
        File.Move(Path.Combine(folder.Path, "elsewhere.db"), Path.Combine(folder.Path, "gateway.db"));
        await gateway.TerminateAsync();

        var seen = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["console"] = await gateway.Output,
            ["errors"] = await gateway.Errors,
            ["traces"] = exports.Text("traces"),
            ["metrics"] = exports.Text("metrics"),
            ["logs"] = exports.Text("logs"),
            ["page"] = page,
            ["readiness"] = readiness,
            ["refusals"] = string.Join('\n', flows.Problems),
        };
        AssertIsThere(seen);
        string[] canaries = ["canary", "@example.com", "X-Amz-", .. flows.Signatures];
        foreach (var (where, text) in seen)
        {
            foreach (var canary in canaries)
            {
                var at = text.IndexOf(canary, StringComparison.OrdinalIgnoreCase);
                Assert.True(at < 0, $"{canary} in {where}: …{text[Math.Max(0, at - 200)..Math.Min(text.Length, Math.Max(0, at) + 100)]}…");
            }
        }
    }

    // A search that finds nothing proves something only where there is something to find.
    private static void AssertIsThere(Dictionary<string, string> seen)
    {
        foreach (var (where, text) in (ReadOnlySpan<(string, string)>)
            [("console", "task-Refusing"), ("logs", "task-Refusing"), ("traces", "task-Refusing"), ("traces", "invalid_response"),
             ("metrics", "gateway.webhooks"), ("page", "gateway_webhooks_total"), ("refusals", "The request could not be verified.")])
        {
            Assert.True(seen[where].Contains(text, StringComparison.Ordinal), $"{text} is not in {where}");
        }

        Assert.Matches(JsonLine(), seen["console"]);
    }

    private static async Task ReloadAsync(RawExports exports, string path, string config, string outcome)
    {
        var before = Count(exports, outcome);
        await File.WriteAllTextAsync(path + ".new", GatewayHost.Complete(config));
        File.Move(path + ".new", path, overwrite: true);
        await Eventually.TrueAsync(() => Count(exports, outcome) > before, Soon, () => $"a configuration that {outcome}");
    }

    private static int Count(RawExports exports, string text) => exports.Text("logs").Split(text).Length;

    private static Task WaitForAsync(RawExports exports, string text) =>
        Eventually.TrueAsync(() => exports.Text("logs").Contains(text, StringComparison.Ordinal), Soon, () => $"a log line with \"{text}\"");

    // UTC, one line each, with the trace.
    [GeneratedRegex(
        @"^\{""Timestamp"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"",""EventId"":.*""Message"":""Webhook Accepted .*""TraceId"":""[0-9a-f]{32}""",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex JsonLine();
}
