using System.Text.Json;
using System.Text.RegularExpressions;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.Telemetry;

/// <summary>Dashboards, alerts and the page about them name what a real gateway has, and nothing else.</summary>
public sealed partial class NamedMetricsTests(UsedGateway gateway) : IClassFixture<UsedGateway>
{
    // What Prometheus itself adds to every series.
    private static readonly string[] OfTheScrape = ["job", "instance"];

    [Fact]
    public void Every_metric_and_label_of_a_dashboard_is_there()
    {
        var queries = Dashboards.Queries().ToArray();
        Assert.True(queries.Length > 40, $"{queries.Length} queries");
        AssertNone(queries.SelectMany(query => Faults(query.Expression, query.Legend).Select(fault => $"{query.Panel}: {fault}")));
    }

    [Fact]
    public void Every_metric_and_label_of_an_alert_is_there()
    {
        // A block that is indented deeper than the key, or the rest of the key's line.
        var expressions = AlertExpression().Matches(Alerts()).Select(match => match.Groups["expr"].Value).ToArray();
        Assert.Equal(AlertName().Count(Alerts()), expressions.Length);
        AssertNone(expressions.SelectMany(expression => Faults(expression, "")));
    }

    [Fact]
    public void A_dashboard_is_one_that_Grafana_imports()
    {
        Assert.Equal(["consumer.json", "overview.json"], Dashboards.Files.Select(Path.GetFileName));
        Assert.All(Dashboards.Files, file =>
        {
            var dashboard = Dashboards.Read(file);
            Assert.StartsWith("AngoGateway: ", dashboard.GetProperty("title").GetString(), StringComparison.Ordinal);
            Assert.True(dashboard.GetProperty("schemaVersion").GetInt32() >= 36);
            var variables = dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(variable => variable.GetProperty("name").GetString()).ToArray();
            Assert.Contains("datasource", variables);
            if (file.EndsWith("consumer.json", StringComparison.Ordinal))
                Assert.Contains("consumer", variables);
            var panels = dashboard.GetProperty("panels").EnumerateArray().ToArray();
            Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            AssertNone(
                from panel in panels
                where panel.GetProperty("type").GetString() != "row"
                from fault in PanelFaults(panel)
                select $"{Path.GetFileName(file)}: {fault}");
        });
    }

    [Fact]
    public void The_page_explains_every_metric_and_invents_none()
    {
        var text = File.ReadAllText(Path.Combine(Root, "docs", "observability.md"));
        var named = MetricName().Matches(text).Select(match => match.Value).Where(name => name.StartsWith("gateway_", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var shown = gateway.Labels.Keys.Where(name => name.StartsWith("gateway_", StringComparison.Ordinal)).Select(Family).ToHashSet(StringComparer.Ordinal);
        AssertNone(shown.Except(named).Select(name => $"{name} is not explained"));
        AssertNone(named.Except(shown).Except(gateway.Labels.Keys).Select(name => $"{name} does not exist"));
    }

    [Fact]
    public void Every_alert_says_what_to_do_under_a_heading_of_its_own()
    {
        var headings = Heading().Matches(File.ReadAllText(Path.Combine(Root, "docs", "observability.md")))
            .Select(match => match.Groups["text"].Value).ToArray();
        var alerts = AlertName().Matches(Alerts()).Select(match => match.Groups["name"].Value).ToArray();
        Assert.Equal(alerts, headings.Where(heading => heading.StartsWith("AngoGateway", StringComparison.Ordinal)));
        Assert.Equal(
            alerts.Select(alert => $"docs/observability.md#{alert.ToLowerInvariant()}"),
            Runbook().Matches(Alerts()).Select(match => match.Groups["anchor"].Value));
    }

    private static string Alerts() => File.ReadAllText(Path.Combine(Root, "docs", "alerts.yml"));

    private static string Family(string series) => Suffix().Replace(series, "");

    private static IEnumerable<string> PanelFaults(JsonElement panel)
    {
        var title = panel.GetProperty("title").GetString();
        if (string.IsNullOrEmpty(title))
            yield return $"panel {panel.GetProperty("id")} has no title";
        foreach (var target in panel.GetProperty("targets").EnumerateArray())
        {
            if (target.GetProperty("datasource").GetProperty("uid").GetString() != "${datasource}")
                yield return $"{title} does not ask the chosen data source";
            if (!target.GetProperty("expr").GetString()!.Contains("job=\"$job\"", StringComparison.Ordinal))
                yield return $"{title} mixes all jobs";
        }
    }

    private IEnumerable<string> Faults(string expression, string legend)
    {
        var text = Comment().Replace(expression, "");
        var names = MetricName().Matches(text).Select(match => match.Value).Distinct().ToArray();
        if (names.Length == 0)
            yield return $"no metric in {text}";
        foreach (var name in names.Where(name => name != "up" && !gateway.Labels.ContainsKey(name)))
            yield return $"{name} does not exist";

        foreach (var selector in Selector().Matches(text).Where(match => gateway.Labels.ContainsKey(match.Groups["name"].Value)))
        {
            var labels = gateway.Labels[selector.Groups["name"].Value];
            foreach (Capture label in selector.Groups["label"].Captures)
            {
                if (!labels.Contains(label.Value) && !OfTheScrape.Contains(label.Value))
                    yield return $"{selector.Groups["name"].Value} has no label {label.Value}";
            }
        }

        var all = names.SelectMany(name => gateway.Labels.GetValueOrDefault(name) ?? []).Concat(OfTheScrape).ToHashSet(StringComparer.Ordinal);
        foreach (var label in Grouping().Matches(text).SelectMany(match => match.Groups["label"].Captures).Concat(LegendLabel().Matches(legend).SelectMany(match => match.Groups["label"].Captures)))
        {
            if (!all.Contains(label.Value))
                yield return $"none of {string.Join(", ", names)} has a label {label.Value}";
        }
    }

    [GeneratedRegex(@"^ +expr: (\|\n(?<expr>( {10,}.*\n)+)|(?<expr>.+)\n)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertExpression();

    [GeneratedRegex(@"^ +- alert: (?<name>\w+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^ +runbook: (?<anchor>\S+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Runbook();

    [GeneratedRegex(@"^#+ `?(?<text>[^`\n]+)`?$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    // Every name of a family that the gateway shows; functions of PromQL begin otherwise.
    [GeneratedRegex(@"\b(gateway|http|kestrel|dotnet|aspnetcore|target)_\w+|\bup\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"(?<name>\w+)\{((?<label>\w+)\s*(=~|!~|!=|=)\s*""[^""]*""\s*,?\s*)*\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(by|without|on|ignoring) \((?<label>\w+)(, (?<label>\w+))*\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{\{(?<label>\w+)\}\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"#.*$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"_(bucket|sum|count)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Suffix();
}
