using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>
/// Sends W3C trace context and nothing else, and takes in nothing. .NET's own propagators also write the activity's
/// baggage into every outgoing request, and baggage can come from whoever called us; on the server they make whoever
/// called us the parent, which is for the source to decide (<see cref="TraceContext"/>).
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
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => traceId = traceState = null;

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
