using AngoGateway.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace AngoGateway.Forwarding;

/// <summary>
/// YARP's client per cluster (no redirects, no cookies, no decompression) with the gateway's own defaults. Anything that
/// wraps the way a request is sent belongs in an override of <see cref="ForwarderHttpClientFactory.WrapHandler"/>.
/// </summary>
internal sealed class ConsumerHttpClients(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    /// <summary>An internal service answers a SYN at once or not at all; two lost SYNs (1 s, 2 s) still fit well.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new OutgoingTrace(new WholeBody(base.WrapHandler(context, handler)));

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = ConnectTimeout;
        // A busy connection never idles out, and a moved DNS name would go unnoticed for as long.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
        handler.ActivityHeadersPropagator = TraceContextPropagator.Instance;
    }
}
