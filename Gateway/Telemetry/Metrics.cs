using System.Diagnostics.Metrics;
using System.Globalization;

namespace AngoGateway.Telemetry;

/// <summary>Every counter and histogram of the gateway; its gauges: <see cref="Gauges"/>. Tags are low-cardinality: project and task belong to logs and traces.</summary>
/// <remarks>
/// The meter belongs to the process, not to a gateway: to count, nothing has to be handed around. Several gateways in one
/// process, which only tests have, add up here and are told apart by the names of their sources and consumers.
/// </remarks>
internal static class Metrics
{
    public const string MeterName = "AngoGateway";

    public static readonly Meter Meter = new(MeterName);

    /// <summary>Tags: source, outcome.</summary>
    public static readonly Counter<long> Webhooks =
        Meter.CreateCounter<long>("gateway.webhooks", "{request}", "Requests on the public listener, by source and outcome.");

    /// <summary>Tags: source, reason, mistake.</summary>
    public static readonly Counter<long> Rejections =
        Meter.CreateCounter<long>("gateway.webhooks.rejected", "{request}", "Requests that could not be verified, by reason and known mistake.");

    /// <summary>Tags: source, secret.</summary>
    public static readonly Counter<long> Verifications =
        Meter.CreateCounter<long>("gateway.webhooks.verified", "{request}", "Verified requests, by the position of the secret that matched.");

    /// <summary>Tags: source, disposition, key (fields or content).</summary>
    public static readonly Counter<long> Events =
        Meter.CreateCounter<long>("gateway.events", "{event}", "Events stored, by disposition and kind of key.");

    /// <summary>Tags: source, outcome.</summary>
    public static readonly Histogram<double> WebhookDuration = Seconds(
        "gateway.webhook.duration", "From a request's headers to its answer.",
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30);

    /// <summary>Tags: source. Of accepted events only; a negative one is 0.</summary>
    public static readonly Histogram<double> WebhookLag = Seconds(
        "gateway.webhook.lag", "From a task's updatedAt to the acceptance of its event.",
        0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400);

    /// <summary>Tags: source.</summary>
    public static readonly Histogram<long> WebhookBodySize = Meter.CreateHistogram<long>(
        "gateway.webhook.body.size", "By", "Size of verified bodies.", tags: null,
        Bounds<long>(1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 33554432));

    /// <summary>Tags: consumer, outcome.</summary>
    public static readonly Counter<long> Attempts =
        Meter.CreateCounter<long>("gateway.attempts", "{attempt}", "Attempts to deliver, by consumer and what followed.");

    /// <summary>Tags: consumer, outcome.</summary>
    public static readonly Histogram<double> AttemptDuration = Seconds(
        "gateway.attempt.duration", "One attempt, from the first byte sent until its outcome was known.",
        0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120);

    /// <summary>Tags: consumer, outcome (delivered, dead, superseded, replayed, discarded). Counted by the journals, once the end is committed.</summary>
    public static readonly Counter<long> Deliveries =
        Meter.CreateCounter<long>("gateway.deliveries", "{delivery}", "Deliveries that ended, by consumer and how.");

    /// <summary>Tags: consumer. Replays are left out: they are as late as a person is.</summary>
    public static readonly Histogram<double> DeliveryLag = Seconds(
        "gateway.delivery.lag", "From the acceptance of an event to its delivery.",
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400);

    public static readonly Histogram<double> CommitDuration = Seconds(
        "gateway.journal.commit.duration", "One transaction of the journal, its sync included.",
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5);

    public static readonly Histogram<long> CommitSize = Meter.CreateHistogram<long>(
        "gateway.journal.commit.size", "{write}", "Writes that shared one transaction of the journal.", tags: null,
        Bounds<long>(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000));

    /// <summary>Tags: outcome (applied, refused).</summary>
    public static readonly Counter<long> ConfigReloads =
        Meter.CreateCounter<long>("gateway.config.reloads", "{reload}", "Changes of the configuration while running, by outcome.");

    // Nobody rotates more secrets at once; a name beyond these is made each time.
    private static readonly string[] Positions = [.. Enumerable.Range(0, 16).Select(static position => position.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The source's name; <c>(none)</c>, which no source can be called, where the path is no source's.</summary>
    public static KeyValuePair<string, object?> Source(string? name) => new("source", name ?? "(none)");

    public static KeyValuePair<string, object?> Revision(string revision) => new("revision", revision);

    public static KeyValuePair<string, object?> Consumer(string name) => new("consumer", name);

    public static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    public static KeyValuePair<string, object?> Outcome<TEnum>(TEnum outcome)
        where TEnum : struct, Enum => new("outcome", TagValue<TEnum>.Of(outcome));

    public static KeyValuePair<string, object?> Secret(int position) =>
        new("secret", position < Positions.Length ? Positions[position] : position.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// A source is there: what is asked of it later begins at 0. A counter that appears with its first event hides that
    /// event from whoever asks how much it rose.
    /// </summary>
    public static void BeginSource(string name, int secrets)
    {
        var source = Source(name);
        foreach (var outcome in (string[])["accepted", "duplicate", "not_verified"])
            Webhooks.Add(0, source, Outcome(outcome));

        foreach (var reason in (string[])["missing", "malformed", "mismatch"])
            Rejections.Add(0, source, new("reason", reason), new("mistake", "none"));

        for (var secret = 0; secret < secrets; secret++)
            Verifications.Add(0, source, Secret(secret));
    }

    /// <summary>An attempt has ended.</summary>
    public static void Attempted(string consumer, KeyValuePair<string, object?> outcome, TimeSpan took)
    {
        Attempts.Add(1, Consumer(consumer), outcome);
        AttemptDuration.Record(took.TotalSeconds, Consumer(consumer), outcome);
    }

    private static Histogram<double> Seconds(string name, string description, params double[] bounds) =>
        Meter.CreateHistogram(name, "s", description, tags: null, Bounds(bounds));

    private static InstrumentAdvice<T> Bounds<T>(params T[] bounds)
        where T : struct => new() { HistogramBucketBoundaries = bounds };
}
