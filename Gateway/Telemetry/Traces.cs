using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>The spans of one webhook, and which of them is whose child.</summary>
/// <remarks>
/// <c>POST /hooks/ango</c> → <c>verify</c>, <c>route</c>, <c>commit</c> → a first <c>deliver</c> per consumer →
/// YARP's <c>proxy.forwarder</c> → HttpClient's <c>POST</c>. Every later <c>deliver</c> is a root, linked to the webhook.
/// Without an exporter there are only the webhook's and the attempts' own, to have ids to hand on.
/// </remarks>
internal static class Traces
{
    public const string SourceName = "AngoGateway";

    public const string Verify = "verify";
    public const string Route = "route";
    public const string Commit = "commit";
    public const string Deliver = "deliver";

    /// <summary>All that is exported. Not ASP.NET Core's: its span of the request would double ours and trust any sender.</summary>
    public static readonly string[] SourceNames = [SourceName, "Yarp.ReverseProxy", "System.Net.Http"];

    private static readonly ActivitySource Activities = new(SourceName);

    // Of the same name as HttpClient's: whoever listens to that one listens to this one.
    private static readonly ActivitySource ClientActivities = new("System.Net.Http");

    /// <summary>Whether HttpClient makes spans that somebody sees.</summary>
    public static bool HasClientSpans => ClientActivities.HasListeners();

    /// <summary>The span of one request on the public listener; a root unless its sender's context is trusted.</summary>
    /// <param name="name">Of low cardinality.</param>
    /// <param name="trusted">The sender's context, when its source trusts it.</param>
    public static Activity? StartWebhook(string name, ActivityContext trusted)
    {
        // ASP.NET Core has an activity of its own here when its request log is on: never exported, so nobody's parent.
        Activity.Current = null;
        return Activities.StartActivity(name, ActivityKind.Server, trusted);
    }

    /// <summary>A step inside the current span; null unless that is recorded.</summary>
    public static Activity? StartStep(string name, ActivityKind kind = ActivityKind.Internal) =>
        Activity.Current is { IsAllDataRequested: true } ? Activities.StartActivity(name, kind) : null;

    /// <summary>
    /// An attempt out of the journal. The first belongs to the webhook's trace although it runs after the answer; later
    /// ones, and replays, start a trace of their own, linked to it: otherwise one trace would last for days.
    /// </summary>
    /// <param name="webhook">The context stored with the event; default when it was stored without one.</param>
    /// <param name="isFirst">Nothing was tried before.</param>
    public static Activity? StartAttempt(ActivityContext webhook, bool isFirst)
    {
        Activity.Current = null;
        return isFirst || webhook == default
            ? Activities.StartActivity(Deliver, ActivityKind.Consumer, webhook)
            : Activities.StartActivity(Deliver, ActivityKind.Consumer, default(ActivityContext), links: [Relation.Webhook.To(webhook)]);
    }

    /// <summary>
    /// Keeps activities alive when nobody exports them: consumers are promised a traceparent, and without any listener
    /// .NET makes none. Costs one small object per span; dispose to end it.
    /// </summary>
    public static ActivityListener Propagate()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
