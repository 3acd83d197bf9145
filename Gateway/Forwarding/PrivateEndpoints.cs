using System.Collections.Frozen;
using AngoGateway.Consumers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Model;

namespace AngoGateway.Forwarding;

/// <summary>
/// YARP's endpoints, one per consumer, in a route builder of their own that no server ever routes to: only
/// <see cref="Forwarder"/> can invoke one.
/// </summary>
internal sealed class PrivateEndpoints : IEndpointRouteBuilder, IDisposable
{
    private readonly YarpConfigSource _yarp;
    private readonly EndpointDataSource _endpoints;
    private readonly IDisposable _refreshing;
    private readonly SemaphoreSlim _applying = new(1, 1);
    private IReadOnlyList<ConsumerRoute> _lastGood = [];
    private FrozenDictionary<string, Endpoint> _byConsumer = FrozenDictionary<string, Endpoint>.Empty;

    public PrivateEndpoints(IServiceProvider services, YarpConfigSource yarp)
    {
        ServiceProvider = services;
        _yarp = yarp;
        // YARP's default pipeline, and ours inside it.
        this.MapReverseProxy(pipeline =>
        {
            pipeline.UseSessionAffinity();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
            pipeline.Use(async (context, next) =>
            {
                await next(context);
                context.Features.Get<Exchange>()?.CountTimeout(context);
            });
        });
        _endpoints = DataSources.Single();
        // OnChange runs only for later changes; and YARP builds endpoints at a reload only once they have been asked for.
        Refresh();
        _refreshing = ChangeToken.OnChange(_endpoints.GetChangeToken, Refresh);
    }

    public IServiceProvider ServiceProvider { get; }

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    /// <summary>The endpoint YARP built for a consumer; null when no configuration ever named it.</summary>
    public Endpoint? Find(string consumer) => Volatile.Read(ref _byConsumer).GetValueOrDefault(consumer);

    /// <summary>
    /// Makes <paramref name="consumers"/> the ones YARP knows, and returns when it does. Unchanged clusters keep their
    /// health, their connections and their counters.
    /// </summary>
    /// <param name="consumers">All of them.</param>
    /// <param name="cancellationToken">Ends the wait for a turn; once YARP has the configuration it is not taken back.</param>
    /// <returns>Empty when applied. Otherwise every fault with its path in gateway.json, and the last good configuration goes on.</returns>
    public async Task<IReadOnlyList<ClusterFault>> ApplyAsync(IReadOnlyCollection<Consumer> consumers, CancellationToken cancellationToken)
    {
        var faults = new List<ClusterFault>();
        var routes = Clusters.Compile(consumers, faults);
        if (faults.Count > 0)
            return faults;

        await _applying.WaitAsync(cancellationToken);
        try
        {
            if (await HandOverAsync(routes) is { } refusal)
            {
                // YARP replaces clusters one by one: a failure half way must not leave the first half behind.
                await HandOverAsync(_lastGood);
                return [new ClusterFault("$.consumers", $"YARP refused the configuration: {Reasons(refusal)}")];
            }

            _lastGood = routes;
            return [];
        }
        finally
        {
            _applying.Release();
        }
    }

    public void Dispose()
    {
        _refreshing.Dispose();
        _applying.Dispose();
    }

    private Task<Exception?> HandOverAsync(IReadOnlyList<ConsumerRoute> routes) =>
        _yarp.HandOverAsync([.. routes.Select(route => route.Route)], [.. routes.Select(route => route.Cluster)]);

    private static string Reasons(Exception refusal) => refusal is AggregateException several
        ? string.Join(" ", several.InnerExceptions.Select(inner => inner.Message))
        : refusal.Message;

    // Consumers that left stay callable (their cluster is frozen as it was): a request may live under an older snapshot.
    // They are a few hundred bytes each and as many as the names ever used since the start.
    private void Refresh()
    {
        var byConsumer = new Dictionary<string, Endpoint>(_byConsumer, StringComparer.Ordinal);
        foreach (var endpoint in _endpoints.Endpoints)
            byConsumer[endpoint.Metadata.GetRequiredMetadata<RouteModel>().Config.RouteId] = endpoint;
        Volatile.Write(ref _byConsumer, byConsumer.ToFrozenDictionary(StringComparer.Ordinal));
    }
}
