using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>The gateway's own spans: their source, and what keeps them alive.</summary>
internal static class Traces
{
    public const string SourceName = "AngoGateway";

    public static readonly ActivitySource Activities = new(SourceName);

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
