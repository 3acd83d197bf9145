using System.Diagnostics;
using AngoGateway.Commands;
using AngoGateway.Configuration;
using AngoGateway.Deliveries;
using AngoGateway.Forwarding;
using AngoGateway.Ingress;
using AngoGateway.Operator;
using AngoGateway.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace AngoGateway;

/// <summary>
/// The map of the gateway. Inbound: Ingress reads and verifies (Sources), reads the envelope (Envelopes), routes
/// (Routing) and commits (Journal). Outbound: Deliveries claims from the journal, sends through YARP (Forwarding) and
/// settles. The two halves meet only in the journal.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(args);

    /// <summary>Everything but the configuration and the journal, which <see cref="GatewayServer"/> loads and opens.</summary>
    public static void AddGateway(WebApplicationBuilder builder, LiveSnapshot live)
    {
        var services = builder.Services;
        services.AddSingleton(live);
        builder.WebHost.ConfigureKestrel(kestrel => Listeners.Configure(kestrel, live.Current.Listen));

        // Inbound half.
        services.AddSingleton<IMemoryPoolFactory<byte>, BodyBlocks>();
        services.AddSingleton<BodyReader>();
        services.AddSingleton<Relay>();
        services.AddSingleton<Acceptance>();
        services.AddSingleton<WebhookSpan>();
        services.AddSingleton<WebhookEndpoint>();

        // Outbound half.
        services.AddForwarding();
        services.AddSingleton<DeliveryWorker>();
        services.AddHostedService<Lanes>();

        // Beside them: a changed gateway.json, the end, health, the operator's side, telemetry.
        services.AddHostedService<ConfigReloader>();
        services.AddHostedService<Draining>();
        services.AddHostedService<GaugeReader>();
        services.AddSingleton<Health>();
        services.AddSingleton<OperatorApi>();
        services.AddSingleton<ReplayRunner>();
        services.AddHostedService(static provider => provider.GetRequiredService<ReplayRunner>());
        services.AddSingleton<DistributedContextPropagator>(TraceContextPropagator.Instance);
        TelemetryExport.Add(builder);
    }

    /// <summary>The public listener knows one thing, webhooks; the admin listener never takes one.</summary>
    public static void MapGateway(WebApplication app)
    {
        app.MapWhen(Listeners.IsAdmin, admin =>
        {
            admin.UseStatusCodePages(static bare => Problem.OfStatus(bare.HttpContext));
            admin.UseRouting();
            admin.UseEndpoints(endpoints =>
            {
                app.Services.GetRequiredService<Health>().Map(endpoints);
                app.Services.GetRequiredService<OperatorApi>().Map(endpoints);
                TelemetryExport.MapPage(endpoints);
            });
        });
        app.Run(app.Services.GetRequiredService<WebhookEndpoint>().HandleAsync);
    }
}
