using AngoGateway.Consumers;
using AngoGateway.Envelopes;

namespace AngoGateway.Routing;

/// <summary>The compiled routes: which consumers want an event. Immutable; safe for concurrent lookups.</summary>
internal sealed class RouteTable
{
    /// <summary>Compiles routes whose consumers are all known (the loader has checked them).</summary>
    public static RouteTable Compile(IReadOnlyList<RouteConfig> routes, IReadOnlyDictionary<string, Consumer> consumers) =>
        throw new NotSupportedException();

    /// <summary>The consumers that want this event, each once, in the order of the routes that named them.</summary>
    public RouteMatch Match(string source, Envelope envelope) => throw new NotSupportedException();

    /// <summary>Each route in order with what it says to this envelope, for <c>check --payload</c>.</summary>
    public IReadOnlyList<RouteExplanation> Explain(string source, Envelope envelope) => throw new NotSupportedException();
}

/// <summary>Who gets an event.</summary>
/// <param name="Queue">Consumers whose deliveries are journaled.</param>
/// <param name="Proxy">
/// The consumer of the first matching <c>proxy</c> route, whose response goes back to the sender; null when there is
/// none. Consumers of further proxy routes are queued: one request has one response.
/// </param>
/// <param name="Routes">Names of the routes that matched.</param>
internal sealed record RouteMatch(Consumer[] Queue, Consumer? Proxy, string[] Routes)
{
    public bool IsUnrouted => Queue.Length == 0 && Proxy is null;
}

/// <summary>What one route says to one envelope.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Matches">Whether it takes the event.</param>
/// <param name="Reason">When not: the field that differs, what it is and what was wanted.</param>
/// <param name="To">Its consumers.</param>
internal sealed record RouteExplanation(string Route, bool Matches, string? Reason, string[] To);
