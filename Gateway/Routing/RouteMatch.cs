using AngoGateway.Consumers;

namespace AngoGateway.Routing;

/// <summary>Who gets an event.</summary>
/// <param name="Queue">Consumers whose deliveries are journaled.</param>
/// <param name="Proxy">
/// The consumer of the first matching <c>proxy</c> route, whose response goes back to the sender; null when there is
/// none. Consumers of further proxy routes are queued: one request has one response.
/// </param>
/// <param name="Routes">Names of the routes that matched.</param>
internal sealed record RouteMatch(Consumer[] Queue, Consumer? Proxy, string[] Routes)
{
    /// <summary>Every consumer that gets it, however.</summary>
    public Consumer[] All => Proxy is { } proxy ? [proxy, .. Queue] : Queue;

    public bool IsUnrouted => Queue.Length == 0 && Proxy is null;
}

/// <summary>What one route says to one envelope.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Matches">Whether it takes the event.</param>
/// <param name="Reason">When not: the field that differs, what it is and what was wanted.</param>
/// <param name="To">Its consumers.</param>
internal sealed record RouteExplanation(string Route, bool Matches, string? Reason, string[] To);
