using System.Text.Json;
using AngoGateway.Consumers;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace AngoGateway.Forwarding;

/// <summary>A consumer as YARP knows it: one cluster, and the one private route that leads to it.</summary>
internal sealed record ConsumerRoute(RouteConfig Route, ClusterConfig Cluster);

/// <summary>Turns consumers into YARP's configuration.</summary>
internal static class Clusters
{
    private const string PathKey = "Path";

    // YARP's default.
    private static readonly TimeSpan ActivityTimeout = TimeSpan.FromSeconds(100);

    /// <summary>Implements <see cref="ClusterCheck"/>.</summary>
    public static IEnumerable<ClusterFault> Check(JsonElement cluster)
    {
        var faults = ClusterShape.Faults(cluster).ToList();
        if (faults.Count > 0)
            return faults;

        // Transforms are checked against a name of no consequence.
        var (route, parsed) = Parse("consumer", cluster);
        if (parsed.Destinations is not { Count: > 0 } destinations)
            faults.Add(new ClusterFault("$.Destinations", "no address: write at least one, e.g. \"Destinations\": { \"a\": { \"Address\": \"http://training:9000\" } }"));
        else
            faults.AddRange(destinations.SelectMany(entry => AddressFaults(entry.Key, entry.Value)));

        faults.AddRange(YarpCheck.Faults(parsed));
        for (var i = 0; i < (route.Transforms?.Count ?? 0); i++)
            faults.AddRange(YarpCheck.Faults(route, parsed, i));
        return faults;
    }

    /// <summary>One route and cluster per consumer; what is wrong is added to <paramref name="faults"/> with its path in gateway.json.</summary>
    public static IReadOnlyList<ConsumerRoute> Compile(IEnumerable<Consumer> consumers, List<ClusterFault> faults)
    {
        var routes = new List<ConsumerRoute>();
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var consumer in consumers)
        {
            var path = $"$.consumers.{consumer.Name}";
            var before = faults.Count;
            if (!names.TryAdd(consumer.Name, consumer.Name))
                faults.Add(new ClusterFault(path, $"YARP cannot tell this name from {names[consumer.Name]}: rename one of them"));
            faults.AddRange(Faults(consumer.Config).Select(fault => fault with { Path = path + fault.Path[1..] }));
            if (faults.Count == before)
                routes.Add(Compile(consumer));
        }

        return routes;
    }

    /// <summary>The path that every request to the consumer behind <paramref name="endpoint"/> is sent to; empty when its address says it all.</summary>
    public static PathString PathOf(Endpoint endpoint) =>
        new(endpoint.Metadata.GetRequiredMetadata<RouteModel>().Config.Metadata![PathKey]);

    private static IEnumerable<ClusterFault> Faults(ConsumerConfig config)
    {
        if (config is { Url: { } url, Cluster: null })
            return Destination.Fault(url, withPath: true) is { } fault ? [new ClusterFault("$.url", fault)] : [];
        if (config is not { Url: null, Cluster: { } cluster })
            return [new ClusterFault("$", "write exactly one of url and cluster")];

        var faults = Check(cluster).Select(each => each with { Path = "$.cluster" + each.Path[1..] });
        return PathFault(config.Path) is { } wrong ? faults.Append(new ClusterFault("$.path", wrong)) : faults;
    }

    private static string? PathFault(string? path) => path switch
    {
        null => null,
        _ when !path.StartsWith('/') => "write a path that begins with /",
        _ when path.AsSpan().ContainsAny('?', '#') => "write the path alone; a query is set with the transform QueryValueParameter",
        // YARP would send %252F: its encoder takes the percent sign for text.
        _ when path.Contains("%2F", StringComparison.OrdinalIgnoreCase) => "%2F cannot be sent from here: use url instead of cluster",
        _ => null,
    };

    private static IEnumerable<ClusterFault> AddressFaults(string name, DestinationConfig destination)
    {
        if (Destination.Fault(destination.Address) is { } fault)
            yield return new ClusterFault($"$.Destinations.{name}.{nameof(destination.Address)}", fault);
        if (destination.Health is { } health && Destination.Fault(health) is { } unhealthy)
            yield return new ClusterFault($"$.Destinations.{name}.{nameof(destination.Health)}", unhealthy);
    }

    private static ConsumerRoute Compile(Consumer consumer)
    {
        var (route, cluster) = consumer.Config.Cluster is { } written
            ? Parse(consumer.Name, written)
            : ShortForm(consumer.Name, consumer.Config.Url!);
        var path = consumer.Config.Cluster is null ? "" : PathString.FromUriComponent(consumer.Config.Path ?? "/").Value!;
        var request = cluster.HttpRequest ?? ForwarderRequestConfig.Empty;
        // YARP's default must not end an attempt that its own timeout still allows; one that somebody wrote means what it says.
        var activity = request.ActivityTimeout ?? (consumer.Timeout > ActivityTimeout ? consumer.Timeout : ActivityTimeout);
        return new ConsumerRoute(
            route with { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [PathKey] = path } },
            cluster with
            {
                HttpRequest = request with { ActivityTimeout = activity },
                HealthCheck = WithoutPanic(cluster.HealthCheck),
            });
    }

    // YARP's default, HealthyOrPanic, sends to unhealthy addresses when no other is left; a delivery can wait instead.
    private static HealthCheckConfig? WithoutPanic(HealthCheckConfig? health) => health is { AvailableDestinationsPolicy: null }
        ? health with { AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyAndUnknown }
        : health;

    // The address as written, path and query included: YARP sends an address with an empty path unchanged, %2F and all.
    private static (RouteConfig, ClusterConfig) ShortForm(string name, string url) => (
        Route(name, transforms: null),
        new ClusterConfig
        {
            ClusterId = name,
            Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["url"] = new() { Address = url } },
        });

    private static (RouteConfig, ClusterConfig) Parse(string name, JsonElement cluster)
    {
        var transforms = cluster.EnumerateObject()
            .FirstOrDefault(property => property.Name.Equals(ClusterShape.Transforms, StringComparison.OrdinalIgnoreCase)).Value;
        return (
            Route(name, transforms.ValueKind == JsonValueKind.Array ? [.. transforms.EnumerateArray().Select(Transform)] : null),
            cluster.Deserialize<ClusterConfig>(ClusterJson.Options)! with { ClusterId = name });
    }

    private static IReadOnlyDictionary<string, string> Transform(JsonElement transform) =>
        transform.EnumerateObject().ToDictionary(
            property => property.Name, property => property.Value.GetString()!, StringComparer.OrdinalIgnoreCase);

    // Matches anything, for nothing is ever matched against it.
    private static RouteConfig Route(string name, IReadOnlyList<IReadOnlyDictionary<string, string>>? transforms) => new()
    {
        RouteId = name,
        ClusterId = name,
        Match = new RouteMatch { Path = "/{**any}" },
        Transforms = transforms,
    };
}
