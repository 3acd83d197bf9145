using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AngoGateway.Telemetry;

/// <summary>Every instrument and tag name of the gateway. Tags are low-cardinality: project and task belong to logs and traces.</summary>
internal static class GatewayTelemetry
{
    public const string Name = "AngoGateway";

    public static readonly ActivitySource Activities = new(Name);

    public static readonly Meter Meter = new(Name);

    private static readonly Counter<long> ConfigReloads =
        Meter.CreateCounter<long>("gateway.config.reloads", "{reload}", "Changes of the configuration while running, by outcome: applied, refused.");

    public static void ConfigReloaded(string outcome) => ConfigReloads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
