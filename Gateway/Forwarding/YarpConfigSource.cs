using Yarp.ReverseProxy.Configuration;

namespace AngoGateway.Forwarding;

/// <summary>Where YARP takes its configuration from, and where it says whether it applied it.</summary>
internal sealed class YarpConfigSource : IConfigChangeListener
{
    private TaskCompletionSource<Exception?> _verdict = new();

    public InMemoryConfigProvider Provider { get; } = new([], []);

    /// <summary>Hands a configuration to YARP and waits until it is in force. One call at a time: the caller sees to that.</summary>
    /// <returns>Null when applied; otherwise why YARP refused it.</returns>
    public Task<Exception?> HandOverAsync(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
    {
        var verdict = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _verdict, verdict);
        Provider.Update(routes, clusters);
        return verdict.Task;
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => Settle(exception);

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => Settle(null);

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => Settle(exception);

    private void Settle(Exception? refusal) => Volatile.Read(ref _verdict).TrySetResult(refusal);
}
