using System.Globalization;
using System.Text.RegularExpressions;

namespace AngoGateway.Tests.Support;

/// <summary>What <c>/metrics</c> said at one moment.</summary>
internal sealed partial class MetricsPage
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    private MetricsPage(string text)
    {
        Text = text;
        foreach (var sample in Sample().Matches(text).Cast<Match>())
        {
            var labels = Label().Matches(sample.Groups["labels"].Value).Select(label => (label.Groups["name"].Value, label.Groups["value"].Value));
            _values[Key(sample.Groups["name"].Value, labels)] = double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture);
        }
    }

    public string Text { get; }

    /// <summary>Null when there is no such series.</summary>
    public double? this[string name, params (string Name, string Value)[] labels] =>
        _values.TryGetValue(Key(name, labels), out var value) ? value : null;

    public static async Task<MetricsPage> ReadAsync(HttpClient admin) => new(await admin.GetStringAsync("/metrics"));

    private static string Key(string name, IEnumerable<(string Name, string Value)> labels) =>
        $"{name}{{{string.Join(',', labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}=\"{label.Value}\""))}}}";

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{(?<labels>.*)\})? (?<value>\S+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<name>[a-z_]+)=""(?<value>[^""]*)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}

internal static class MetricsPageWaits
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>Waits until a series has this value. A page is kept for a third of a second, so the first look may be an old one.</summary>
    /// <returns>The page that had it.</returns>
    public static Task<MetricsPage> WaitForMetricAsync(this GatewayHost gateway, double? value, string name, params (string Name, string Value)[] labels) =>
        gateway.WaitForMetricAsync(found => found == value, $"{value}", name, labels);

    public static async Task<MetricsPage> WaitForMetricAsync(
        this GatewayHost gateway, Func<double?, bool> isThere, string what, string name, params (string Name, string Value)[] labels)
    {
        MetricsPage? page = null;
        await Eventually.TrueAsync(
            async () => isThere((page = await MetricsPage.ReadAsync(gateway.Admin))[name, labels]),
            Soon,
            () => $"{name} {string.Join(' ', labels)} is {page?[name, labels]}, not {what}");
        return page!;
    }
}
