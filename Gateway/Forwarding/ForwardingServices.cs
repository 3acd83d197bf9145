using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace AngoGateway.Forwarding;

internal static class ForwardingServices
{
    /// <summary>Adds <see cref="Forwarder"/> and <see cref="PrivateEndpoints"/>, and YARP beneath them. Nothing of it listens to the network.</summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IForwarderHttpClientFactory, ConsumerHttpClients>();
        services.AddSingleton<YarpConfigSource>();
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<YarpConfigSource>().Provider);
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<YarpConfigSource>());
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, AffinityKeys>();
        services.AddReverseProxy().AddTransforms<ConsumerTransforms>();
        // It logs the whole address of every request, and a consumer's query may hold a token. What became of each
        // request is the outcome, for the caller to log.
        services.AddLogging(logging => logging.AddFilter("Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.None));
        services.AddSingleton<PrivateEndpoints>();
        services.AddSingleton<Forwarder>();
        return services;
    }
}
