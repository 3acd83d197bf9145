using System.Diagnostics;
using System.Text.RegularExpressions;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.Telemetry;

/// <summary>Prometheus itself reads the page, runs the rules and answers the dashboards.</summary>
public sealed partial class PrometheusTests(UsedGateway gateway) : IClassFixture<UsedGateway>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Rules = Path.Combine(Root, "docs", "alerts.yml");
    private static readonly string[] RuleTests =
        [Path.Combine(Root, "Gateway.Tests", "Telemetry", "alerts.test.yml"), Path.Combine(Root, "Gateway.Tests", "Telemetry", "alerts-week.test.yml")];

    [SystemFact(root: false, "promtool")]
    public void The_rules_are_valid() => Tool.Run("promtool", "check", "rules", Rules);

    [SystemFact(root: false, "promtool")]
    public void The_configuration_that_the_page_gives_is_valid()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Rules, Path.Combine(folder.Path, "alerts.yml"));
        var page = File.ReadAllText(Path.Combine(Root, "docs", "observability.md"));
        Tool.Run("promtool", "check", "config", folder.Write("prometheus.yml", Configuration().Match(page).Groups["yaml"].Value));
    }

    [SystemFact(root: false, "promtool")]
    public void Each_alert_fires_on_made_up_series_and_clears()
    {
        Tool.Run("promtool", ["test", "rules", .. RuleTests]);

        // The tool is content with rules that no test names.
        var text = string.Concat(RuleTests.Select(File.ReadAllText));
        var fires = Expected().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var clears = NotExpected().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var alerts = Alert().Matches(File.ReadAllText(Rules)).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(alerts, fires);
        Assert.Equal(alerts, clears);
    }

    [SystemFact(root: false, "promtool")]
    public async Task The_page_is_as_Prometheus_wants_it()
    {
        using var process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        await process.StandardInput.WriteAsync(gateway.Page);
        process.StandardInput.Close();
        var said = await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        // The runtime's own names are not ours to choose: dotnet_assembly_count and the like.
        AssertNone(said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("dotnet_", StringComparison.Ordinal)));
    }

    [SystemFact(root: false, "prometheus")]
    public async Task Prometheus_scrapes_the_gateway_evaluates_every_rule_and_answers_every_panel()
    {
        await using var prometheus = await PrometheusServer.StartAsync(gateway.Admin.BaseAddress!, Rules);

        // Scraped, without a complaint.
        var targets = await prometheus.TargetsAsync();
        await Eventually.TrueAsync(
            async () => (targets = await prometheus.TargetsAsync()) is [{ Health: "up" }], Patience, () => $"a scrape: {string.Join(", ", targets)}");
        Assert.Equal("", targets[0].Error);
        // A target is up a moment before what was scraped from it can be asked for.
        await Eventually.TrueAsync(
            async () => (await prometheus.QueryAsync("gateway_attempts_total{consumer=\"failing\", outcome=\"retry\"}")) is [{ Value: 2 }],
            Patience,
            () => "the two retries of the failing consumer");

        // Every rule evaluated; the consumer that answered 410 has a dead letter, and nothing else is wrong for long.
        IReadOnlyList<Rule> rules = [];
        await Eventually.TrueAsync(
            async () => (rules = await prometheus.RulesAsync()) is { Count: > 0 }
                && rules.All(rule => rule.Health != "unknown")
                && rules.Any(rule => rule is { Name: "AngoGatewayDeadLetters", State: "firing" }),
            Patience,
            () => string.Join('\n', rules));
        Assert.Equal(Alert().Count(await File.ReadAllTextAsync(Rules)), rules.Count);
        AssertNone(rules.Where(rule => rule.Health != "ok").Select(rule => $"{rule.Name}: {rule.Error}"));
        Assert.Equal(["AngoGatewayDeadLetters"], rules.Where(rule => rule.State == "firing").Select(rule => rule.Name));
        Assert.Equal(["gone"], rules.Single(rule => rule.State == "firing").Alerts.Select(alert => alert["consumer"]));

        // Every panel answered. Most have something to show after so little; none may be wrong.
        // A rate needs more than one scrape.
        await Eventually.TrueAsync(
            async () => (await prometheus.QueryAsync("count_over_time(gateway_config_info[1m]) >= 3")).Count > 0, Patience, () => "three scrapes");
        var shown = 0;
        foreach (var query in Dashboards.Queries())
            shown += (await prometheus.QueryAsync(query.For("failing"))).Count > 0 ? 1 : 0;
        Assert.True(shown > Dashboards.Queries().Count() / 2, $"only {shown} queries bring anything");
    }

    [GeneratedRegex(@"^```yaml\n(?<yaml># prometheus\.yml\n[^`]+)```", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Configuration();

    [GeneratedRegex(@"^ +- alert: (?<name>\w+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^ +alertname: (?<name>\w+)\n +exp_alerts:", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Expected();

    [GeneratedRegex(@"\{ eval_time: \w+, alertname: (?<name>\w+) \}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotExpected();
}
