using System.Diagnostics;
using AngoGateway.Telemetry;

namespace AngoGateway.Forwarding;

/// <summary>
/// Writes the trace context into a request itself while no spans are exported: HttpClient would make an activity of its own
/// for each request, that nobody ever sees, only to have an id to hand on.
/// </summary>
internal sealed class OutgoingTrace(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Activity.Current is not { } attempt || Traces.HasClientSpans)
            return base.SendAsync(request, cancellationToken);

        TraceContextPropagator.Instance.Inject(
            attempt, request, static (carrier, name, value) => ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
        Activity.Current = null;
        try
        {
            return base.SendAsync(request, cancellationToken);
        }
        finally
        {
            Activity.Current = attempt;
        }
    }
}
