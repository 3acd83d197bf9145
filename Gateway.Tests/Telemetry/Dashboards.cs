using System.Text.Json;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.Telemetry;

/// <summary>What docs/grafana asks Prometheus for.</summary>
internal static class Dashboards
{
    public static IReadOnlyList<string> Files => [.. Directory.GetFiles(Path.Combine(Root, "docs", "grafana"), "*.json").Order(StringComparer.Ordinal)];

    /// <summary>Every query of every panel.</summary>
    public static IEnumerable<PanelQuery> Queries() =>
        from file in Files
        from panel in Read(file).GetProperty("panels").EnumerateArray()
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select new PanelQuery(
            $"{Path.GetFileName(file)}, {panel.GetProperty("title").GetString()}",
            target.GetProperty("expr").GetString()!,
            target.GetProperty("legendFormat").GetString()!);

    public static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(file)).RootElement;
}

/// <param name="Panel">File and title.</param>
/// <param name="Expression">PromQL with Grafana's variables.</param>
/// <param name="Legend">With labels in double braces.</param>
internal sealed record PanelQuery(string Panel, string Expression, string Legend)
{
    /// <summary>As Grafana would send it.</summary>
    public string For(string consumer) => Expression
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
        .Replace("$__range", "1h", StringComparison.Ordinal)
        .Replace("$job", "ango-gateway", StringComparison.Ordinal)
        .Replace("$consumer", consumer, StringComparison.Ordinal);
}
