using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>
/// W3C trace context and nothing else. .NET's own propagators also write the activity's baggage into every outgoing
/// request, and baggage can come from whoever called us.
/// </summary>
internal sealed class TraceContextPropagator : DistributedContextPropagator
{
    public static readonly TraceContextPropagator Instance = new();

    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    public override IReadOnlyCollection<string> Fields { get; } = [TraceParent, TraceState];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (setter is null || activity is not { IdFormat: ActivityIdFormat.W3C, Id: { } id })
            return;

        setter(carrier, TraceParent, id);
        if (!string.IsNullOrEmpty(activity.TraceStateString))
            setter(carrier, TraceState, activity.TraceStateString);
    }

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        traceId = traceState = null;
        getter?.Invoke(carrier, TraceParent, out traceId, out _);
        getter?.Invoke(carrier, TraceState, out traceState, out _);
    }

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
