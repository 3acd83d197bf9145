using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AngoGateway.Telemetry;

/// <summary>OpenTelemetry by its standard OTEL_* variables: no endpoint, no exporter and no spans. Metrics have a page for Prometheus besides, always.</summary>
internal static class TelemetryExport
{
    // HttpClient's figures of each request. Ours say the same of attempts, with their outcome; a second set would cost each
    // webhook some microseconds. ASP.NET Core's own meter is left out for the same reason.
    private static readonly HashSet<string> PerRequest = new(StringComparer.Ordinal)
    {
        "http.client.request.duration", "http.client.active_requests", "http.client.request.time_in_queue",
    };

    public static void Add(WebApplicationBuilder builder)
    {
        var (traces, metrics, logs) = (Signal("TRACES"), Signal("METRICS"), Signal("LOGS"));
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithMetrics(all => AddMetrics(all, metrics));
        if (traces.IsExported)
            telemetry.WithTracing(all => AddSpans(all).AddInstrumentation(QuietExceptions.Listen).AddOtlpExporter(traces.Configure));

        if (logs.IsExported)
            telemetry.WithLogging(all => all.AddOtlpExporter(logs.Configure), static options => options.IncludeFormattedMessage = true);

        OtlpSignal Signal(string name) => new(builder.Configuration, name);
    }

    /// <summary><c>/metrics</c>, for Prometheus.</summary>
    public static void MapPage(IEndpointRouteBuilder admin) => admin.MapPrometheusScrapingEndpoint("/metrics");

    /// <summary>Everything but where the spans go.</summary>
    public static TracerProviderBuilder AddSpans(TracerProviderBuilder traces) => traces
        .AddSource(Traces.SourceNames)
        .SetSampler(static services => WebhookSampler.FromEnvironment(services.GetRequiredService<IConfiguration>()));

    private static void AddMetrics(MeterProviderBuilder metrics, OtlpSignal otlp)
    {
        metrics
            .AddMeter(Metrics.MeterName)
            .AddMeter("Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddView(static instrument => PerRequest.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null)
            .AddView("http.client.open_connections", WithoutPeers)
            .AddView("http.client.connection.duration", WithoutPeers)
            .AddPrometheusExporter(static page => page.ScopeInfoEnabled = false);
        // Several gateways in one process: each shows its own gauges only.
        ((IDeferredMeterProviderBuilder)metrics).Configure(static (services, all) =>
        {
            var own = services.GetRequiredService<IMeterFactory>();
            all.AddView(instrument => instrument.Meter is { Name: Metrics.MeterName, Scope: { } scope } && scope != own ? MetricStreamConfiguration.Drop : null);
        });
        if (otlp.IsExported)
            metrics.AddOtlpExporter(otlp.Configure);
    }

    // A consumer behind a changing set of addresses would otherwise leave a series for each of them.
    private static MetricStreamConfiguration WithoutPeers => new() { TagKeys = ["server.address", "server.port", "http.connection.state", "network.protocol.version", "url.scheme"] };

    // In this order, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    private static void Describe(ResourceBuilder resource) => resource
        .Clear()
        .AddService("ango-gateway", serviceVersion: Version())
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    // Without the commit that a build adds behind a plus sign.
    private static string? Version() =>
        typeof(TelemetryExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
}
