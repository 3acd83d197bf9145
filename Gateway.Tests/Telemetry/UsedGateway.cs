using System.Net;
using System.Text.RegularExpressions;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Telemetry;

/// <summary>
/// A real gateway process that has seen a bit of everything: webhooks accepted, repeated and forged; consumers that take,
/// that fail first, and that refuse for good.
/// </summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime.
public sealed partial class UsedGateway : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeConsumer _well = FakeConsumer.Start();
    private readonly FakeConsumer _failing = FakeConsumer.Start().AnswersInTurn(503, 503, 200);
    private readonly FakeConsumer _gone = FakeConsumer.Start().Answers(410);
    private GatewayProcess? _gateway;

    internal HttpClient Admin => _gateway!.Admin;

    /// <summary>The page, as Prometheus reads it.</summary>
    internal string Page { get; private set; } = "";

    /// <summary>Every metric of the page with the names of its labels; a histogram by each of its series' names.</summary>
    internal IReadOnlyDictionary<string, HashSet<string>> Labels { get; private set; } = new Dictionary<string, HashSet<string>>();

    public async Task InitializeAsync()
    {
        const string Retry = """ "delivery": { "retry": { "firstDelay": "00:00:00.100", "maxDelay": "00:00:00.200" } } """;
        var config = _folder.Write("gateway.json", GatewayHost.Complete($$"""
            {
              "consumers": { "well": { "url": "{{_well.Url}}" }, "failing": { "url": "{{_failing.Url}}", {{Retry}} }, "gone": { "url": "{{_gone.Url}}" } },
              "routes": [{ "match": {}, "to": ["well", "failing", "gone"] }]
            }
            """));
        _gateway = await GatewayProcess.StartAsync(config);
        var payload = AngoPayload.Of();
        Assert.Equal(HttpStatusCode.Accepted, (await _gateway.Public.PostAsync(payload)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.Public.PostAsync(payload)).Status);
        using var forged = SignedWebhook.Of(payload, secret: "another");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _gateway.Public.SendAsync(forged)).StatusCode);
        await _failing.WaitForAsync(3, Patience);

        // The last settlement, and gauges that are read again every few seconds.
        await Eventually.TrueAsync(
            async () => (Page = await Admin.GetStringAsync("/metrics")) is var page
                && page.Contains("gateway_dead_letters{consumer=\"gone\"} 1", StringComparison.Ordinal)
                && page.Contains("gateway_deliveries_total{consumer=\"failing\",outcome=\"delivered\"} 1", StringComparison.Ordinal),
            Patience,
            () => $"the dead letter and the delivery in\n{Page}");
        Labels = Sample().Matches(Page)
            .GroupBy(sample => sample.Groups["name"].Value, StringComparer.Ordinal)
            .ToDictionary(
                metric => metric.Key,
                metric => metric.SelectMany(sample => LabelName().Matches(sample.Groups["labels"].Value).Select(label => label.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal);
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        _well.Dispose();
        _failing.Dispose();
        _gone.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"^(?<name>[a-z_]\w*)(\{(?<labels>.*)\})? \S+", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<name>\w+)=""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelName();
}
