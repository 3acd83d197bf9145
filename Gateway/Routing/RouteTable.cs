using System.Buffers;
using AngoGateway.Consumers;
using AngoGateway.Envelopes;

namespace AngoGateway.Routing;

/// <summary>The compiled routes: which consumers want an event. Immutable; safe for concurrent lookups.</summary>
internal sealed class RouteTable
{
    // Scratch of up to this many ints lies on the stack: 2 KiB, enough for hundreds of candidate routes and consumers.
    private const int OnStack = 512;

    private static readonly RouteMatch Nobody = new([], null, []);

    private readonly Route[] _routes;

    private readonly RouteIndex _index;

    // Rows of the routes that are asked when no other matched.
    private readonly int[] _otherwise;

    // Those that a route names, by the positions that Route.Consumers holds.
    private readonly Consumer[] _consumers;

    // What each row gives when it alone matches, which is most lookups: then nothing is allocated.
    private readonly RouteMatch[] _alone;

    private RouteTable(Route[] routes, Consumer[] consumers)
    {
        _routes = routes;
        _consumers = consumers;
        _index = new RouteIndex(routes);
        _otherwise = [.. Enumerable.Range(0, routes.Length).Where(row => routes[row].Otherwise)];

        var wanted = new int[consumers.Length];
        _alone = [.. Enumerable.Range(0, routes.Length).Select(row => Combine([row], wanted))];
    }

    /// <summary>Number of routes.</summary>
    public int Count => _routes.Length;

    /// <summary>Compiles routes whose consumers are all known (the loader has checked them).</summary>
    public static RouteTable Compile(IReadOnlyList<RouteConfig> routes, IReadOnlyDictionary<string, Consumer> consumers)
    {
        var named = new List<Consumer>();
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new Route[routes.Count];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = Route.Compile(routes[row], row, Array.ConvertAll(routes[row].To, Position));

        return new RouteTable(rows, [.. named]);

        int Position(string name)
        {
            if (!positions.TryGetValue(name, out var position))
            {
                positions.Add(name, position = named.Count);
                named.Add(consumers[name]);
            }

            return position;
        }
    }

    /// <summary>The consumers that want this event, each once, in the order of the routes that named them.</summary>
    /// <remarks>Allocates at most its result; looks only at routes whose exact project or stage agrees, and those without one.</remarks>
    public RouteMatch Match(string source, Envelope envelope)
    {
        var candidates = _index.Find(envelope);
        var bound = Math.Max(candidates.Bound, _otherwise.Length);
        var size = bound + _consumers.Length;
        if (size <= OnStack)
            return Match(source, envelope, candidates, stackalloc int[bound], stackalloc int[_consumers.Length]);

        var rented = ArrayPool<int>.Shared.Rent(size);
        try
        {
            return Match(source, envelope, candidates, rented.AsSpan(0, bound), rented.AsSpan(bound, _consumers.Length));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    /// <summary>Each route in order with what it says to this envelope, for <c>check --payload</c>.</summary>
    public IReadOnlyList<RouteExplanation> Explain(string source, Envelope envelope)
    {
        var anotherMatched = Array.Exists(_routes, route => !route.Otherwise && route.Matches(source, envelope));
        return Array.ConvertAll(_routes, route =>
        {
            var reason = route.Otherwise && anotherMatched
                ? "otherwise: another route matched"
                : route.WhyNot(source, envelope);
            return new RouteExplanation(route.Name, reason is null, reason, route.To);
        });
    }

    private RouteMatch Match(string source, Envelope envelope, Candidates candidates, Span<int> matched, Span<int> wanted)
    {
        var count = 0;
        while (candidates.TryNext(out var row))
        {
            if (_routes[row].Matches(source, envelope))
                matched[count++] = row;
        }

        if (count == 0)
        {
            foreach (var row in _otherwise)
            {
                if (_routes[row].Matches(source, envelope))
                    matched[count++] = row;
            }
        }

        return count switch
        {
            0 => Nobody,
            1 => _alone[matched[0]],
            _ => Combine(matched[..count], wanted),
        };
    }

    /// <param name="matched">Rows, in order.</param>
    /// <param name="wanted">Scratch: one int per consumer, 1 while it is wanted and not yet taken.</param>
    private RouteMatch Combine(ReadOnlySpan<int> matched, Span<int> wanted)
    {
        wanted.Clear();
        var count = 0;
        var proxy = -1;
        var names = new string[matched.Length];
        for (var i = 0; i < matched.Length; i++)
        {
            var route = _routes[matched[i]];
            names[i] = route.Name;
            if (proxy < 0 && route.Mode == RouteMode.Proxy)
                proxy = route.Consumers[0];

            foreach (var consumer in route.Consumers)
            {
                count += 1 - wanted[consumer];
                wanted[consumer] = 1;
            }
        }

        if (proxy >= 0)
        {
            wanted[proxy] = 0;
            count--;
        }

        var queue = count == 0 ? [] : new Consumer[count];
        var next = 0;
        foreach (var row in matched)
        {
            foreach (var consumer in _routes[row].Consumers)
            {
                if (wanted[consumer] == 0)
                    continue;

                wanted[consumer] = 0;
                queue[next++] = _consumers[consumer];
            }
        }

        return new RouteMatch(queue, proxy < 0 ? null : _consumers[proxy], names);
    }
}
