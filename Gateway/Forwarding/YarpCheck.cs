using AngoGateway.Consumers;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.SessionAffinity;
using Yarp.ReverseProxy.Transforms.Builder;

namespace AngoGateway.Forwarding;

/// <summary>YARP's own validation, with the path and the remedy that its texts leave out.</summary>
internal static class YarpCheck
{
    // Outside any host: the check command and the loader run before there is one.
    private static readonly Lazy<ServiceProvider> Yarp = new(() =>
    {
        var services = new ServiceCollection().AddLogging();
        services.AddReverseProxy();
        return services.BuildServiceProvider();
    });

    // Clusters says so itself, with the path; YARP's text names a cluster by a name that nobody wrote.
    private const string NoAddress = "No address found for destination ";

    // A piece of YARP's message, the key it is about, what to write. The texts are those of YARP 2.3.
    private static readonly (string Piece, string Path, Func<string> Remedy)[] Known =
    [
        ("load balancing policy", "$.LoadBalancingPolicy", () => OneOf<ILoadBalancingPolicy>(policy => policy.Name)),
        ("available destinations policy", "$.HealthCheck.AvailableDestinationsPolicy", () => OneOf<IAvailableDestinationsPolicy>(policy => policy.Name)),
        ("active health check policy", "$.HealthCheck.Active.Policy", () => OneOf<IActiveHealthCheckPolicy>(policy => policy.Name)),
        ("passive health check policy", "$.HealthCheck.Passive.Policy", () => OneOf<IPassiveHealthCheckPolicy>(policy => policy.Name)),
        ("probing interval", "$.HealthCheck.Active.Interval", () => "write a duration above zero"),
        ("probing timeout", "$.HealthCheck.Active.Timeout", () => "write a duration above zero"),
        ("reactivation period", "$.HealthCheck.Passive.ReactivationPeriod", () => "write a duration above zero"),
        ("affinity failure policy", "$.SessionAffinity.FailurePolicy", () => OneOf<IAffinityFailurePolicy>(policy => policy.Name)),
        ("session affinity policy", "$.SessionAffinity.Policy", () => OneOf<ISessionAffinityPolicy>(policy => policy.Name)),
        ("Affinity key name", "$.SessionAffinity.AffinityKeyName", () => "write the name of the cookie or header that holds the key"),
        ("cookie expiration", "$.SessionAffinity.Cookie.Expiration", () => "write a duration above zero"),
        ("cookie max-age", "$.SessionAffinity.Cookie.MaxAge", () => "write a duration above zero"),
        ("Max connections per server", "$.HttpClient.MaxConnectionsPerServer", () => "write a number above zero"),
        ("request header encoding", "$.HttpClient.RequestHeaderEncoding", () => "write a name such as \"utf-8\" or \"latin1\""),
        ("response header encoding", "$.HttpClient.ResponseHeaderEncoding", () => "write a name such as \"utf-8\" or \"latin1\""),
        ("request version", "$.HttpRequest.Version", () => "write \"1.1\", \"2\" or \"3\""),
    ];

    public static IEnumerable<ClusterFault> Faults(ClusterConfig cluster)
    {
        var validation = Yarp.Value.GetRequiredService<IConfigValidator>().ValidateClusterAsync(cluster);
#pragma warning disable VSTHRD002 // The validators of YARP are all synchronous, and a check of a file has nobody to block.
        var errors = validation.AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        foreach (var error in errors.Where(error => !error.Message.StartsWith(NoAddress, StringComparison.Ordinal)))
        {
            var known = Known.FirstOrDefault(each => error.Message.Contains(each.Piece, StringComparison.Ordinal));
            yield return known.Path is null
                ? new ClusterFault("$", error.Message.TrimEnd('.'))
                : new ClusterFault(known.Path, $"YARP does not take this: {known.Remedy()}");
        }
    }

    /// <summary>Faults of one transform, on the route it will stand on.</summary>
    public static IEnumerable<ClusterFault> Faults(RouteConfig route, ClusterConfig cluster, int index)
    {
        var builder = Yarp.Value.GetRequiredService<ITransformBuilder>();
        var one = route with { Transforms = [route.Transforms![index]] };
        var path = $"$.{ClusterShape.Transforms}[{index}]";
        var messages = builder.ValidateRoute(one).Select(error => error.Message).ToList();
        if (messages.Count == 0)
        {
            try
            {
                builder.Build(one, cluster);
            }
            catch (Exception exception)
            {
                // Any kind: each transform parses its values with a parser of its own.
                messages.Add(exception.Message);
            }
        }

        return messages.Select(message => new ClusterFault(path, $"{message.TrimEnd('.')} (write one of YARP's transforms)"));
    }

    private static string OneOf<TPolicy>(Func<TPolicy, string> name) =>
        $"write one of {string.Join(", ", Yarp.Value.GetServices<TPolicy>().Select(name).Order(StringComparer.Ordinal))}";
}
