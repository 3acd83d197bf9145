using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Telemetry;

/// <summary>A real Prometheus on a port and in a folder of its own, which scrapes one gateway and loads docs/alerts.yml.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly TemporaryFolder _folder;

    private PrometheusServer(Process process, Uri address, TemporaryFolder folder) =>
        (_process, _http, _folder) = (process, new HttpClient { BaseAddress = address, Timeout = Patience }, folder);

    public static async Task<PrometheusServer> StartAsync(Uri gateway, string rules)
    {
        var folder = new TemporaryFolder();
        var config = folder.Write("prometheus.yml", $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - job_name: ango-gateway
                static_configs: [{ targets: ["{{gateway.Authority}}"] }]
            """);
        var process = Process.Start(new ProcessStartInfo(
            "prometheus",
            [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(folder.Path, "data")}", "--web.listen-address=127.0.0.1:0"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        using var patience = new CancellationTokenSource(Patience);
        var log = new List<string>();
        while (await process.StandardError.ReadLineAsync(patience.Token) is { } line)
        {
            log.Add(line);
            if (line.Contains("Server is ready", StringComparison.Ordinal))
            {
                var match = Listening().Match(string.Join('\n', log));
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new PrometheusServer(process, new Uri($"http://{match.Groups["address"].Value}"), folder);
            }
        }

        throw new InvalidOperationException($"Prometheus did not start: {string.Join('\n', log)}");
    }

    /// <summary>The scraped gateways, each with what Prometheus last thought of it.</summary>
    public async Task<IReadOnlyList<(string Health, string Error)>> TargetsAsync() =>
        [.. from target in (await GetAsync("targets")).GetProperty("activeTargets").EnumerateArray()
            select (target.GetProperty("health").GetString()!, target.GetProperty("lastError").GetString()!)];

    public async Task<IReadOnlyList<Rule>> RulesAsync() =>
        [.. from @group in (await GetAsync("rules")).GetProperty("groups").EnumerateArray()
            from rule in @group.GetProperty("rules").EnumerateArray()
            select new Rule(
                rule.GetProperty("name").GetString()!,
                rule.GetProperty("query").GetString()!,
                rule.GetProperty("health").GetString()!,
                rule.TryGetProperty("lastError", out var error) ? error.GetString()! : "",
                rule.GetProperty("state").GetString()!,
                [.. from alert in rule.GetProperty("alerts").EnumerateArray()
                    select alert.GetProperty("labels").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!)])];

    /// <summary>The instant vector that an expression gives now: labels and value of each element.</summary>
    /// <exception cref="HttpRequestException">Prometheus does not take the expression.</exception>
    public async Task<IReadOnlyList<(string Labels, double Value)>> QueryAsync(string expression) =>
        [.. from element in (await GetAsync($"query?query={Uri.EscapeDataString(expression)}")).GetProperty("result").EnumerateArray()
            select (element.GetProperty("metric").ToString(), double.Parse(element.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _http.GetAsync($"/api/v1/{path}");
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement.GetProperty("data")
            : throw new HttpRequestException($"{path}: {text}");
    }

    [GeneratedRegex(@"msg=""Listening on"" address=(?<address>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listening();
}

/// <summary>An alerting rule as Prometheus runs it.</summary>
/// <param name="Name">Of the alert.</param>
/// <param name="Query">Its expression, parsed and written again.</param>
/// <param name="Health"><c>ok</c>, <c>err</c>, or <c>unknown</c> before the first evaluation.</param>
/// <param name="Error">Why it could not be evaluated.</param>
/// <param name="State"><c>inactive</c>, <c>pending</c> or <c>firing</c>.</param>
/// <param name="Alerts">The labels of each active alert.</param>
internal sealed record Rule(
    string Name, string Query, string Health, string Error, string State, IReadOnlyList<Dictionary<string, string>> Alerts);
