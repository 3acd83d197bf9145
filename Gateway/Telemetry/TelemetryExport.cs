using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AngoGateway.Telemetry;

/// <summary>OpenTelemetry by its standard OTEL_* variables: nothing is exported, and nothing costs, when no endpoint is set.</summary>
internal static class TelemetryExport
{
    public static void Add(WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("ango-gateway"))
            .WithTracing(static tracing => tracing
                .AddSource(Traces.SourceNames)
                .SetSampler(static services => WebhookSampler.FromEnvironment(services.GetRequiredService<IConfiguration>())))
            .WithMetrics(static metrics => metrics.AddMeter(Metrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel"))
            .UseOtlpExporter();
    }
}
