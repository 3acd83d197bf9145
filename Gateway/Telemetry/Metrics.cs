using System.Diagnostics.Metrics;

namespace AngoGateway.Telemetry;

/// <summary>Every instrument and tag name of the gateway. Tags are low-cardinality: project and task belong to logs and traces.</summary>
internal static class Metrics
{
    public const string MeterName = "AngoGateway";

    public static readonly Meter Meter = new(MeterName);

    /// <summary>Requests on the public listener. Tags: source, outcome.</summary>
    public static readonly Counter<long> Webhooks =
        Meter.CreateCounter<long>("gateway.webhooks", "{request}", "Requests on the public listener, by source and outcome.");

    /// <summary>401s. Tags: source, reason, mistake.</summary>
    public static readonly Counter<long> Rejections =
        Meter.CreateCounter<long>("gateway.webhooks.rejected", "{request}", "Requests that could not be verified, by reason and known mistake.");

    /// <summary>Verified requests by the secret that matched, so that a rotated one can be retired. Tags: source, secret.</summary>
    public static readonly Counter<long> Verifications =
        Meter.CreateCounter<long>("gateway.webhooks.verified", "{request}", "Verified requests, by the position of the secret that matched.");

    /// <summary>Events stored. Tags: source, disposition, key (fields or content).</summary>
    public static readonly Counter<long> Events =
        Meter.CreateCounter<long>("gateway.events", "{event}", "Events stored, by disposition and kind of key.");

    /// <summary>From the request's first byte to the answer. Tags: source, outcome.</summary>
    public static readonly Histogram<double> AcceptDuration =
        Meter.CreateHistogram<double>("gateway.webhook.duration", "s", "From the request's headers to its answer.");

    /// <summary>Settled attempts. Tags: consumer, outcome.</summary>
    public static readonly Counter<long> Attempts =
        Meter.CreateCounter<long>("gateway.attempts", "{attempt}", "Attempts to deliver, by consumer and what followed.");

    /// <summary>One attempt. Tags: consumer, outcome.</summary>
    public static readonly Histogram<double> AttemptDuration =
        Meter.CreateHistogram<double>("gateway.attempt.duration", "s", "One attempt, from the first byte sent until its outcome was known.");

    /// <summary>Changes of the configuration while running. Tags: outcome (applied, refused).</summary>
    public static readonly Counter<long> ConfigReloads =
        Meter.CreateCounter<long>("gateway.config.reloads", "{reload}", "Changes of the configuration while running, by outcome.");

    /// <summary>Gateways that share a PostgreSQL journal, as this one sees them. Tags: revision (of the configuration in force).</summary>
    public static readonly UpDownCounter<long> Replicas =
        Meter.CreateUpDownCounter<long>("gateway.replicas", "{gateway}", "Gateways that share the journal, by the revision of their configuration.");

    public static KeyValuePair<string, object?> Revision(string revision) => new("revision", revision);

    public static KeyValuePair<string, object?> Source(string? name) => new("source", name ?? "none");

    public static KeyValuePair<string, object?> Consumer(string name) => new("consumer", name);

    public static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);
}
