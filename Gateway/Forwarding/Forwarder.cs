using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AngoGateway.Consumers;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace AngoGateway.Forwarding;

/// <summary>The request to an internal service, through YARP's own pipeline: for stored deliveries and live requests alike.</summary>
internal sealed class Forwarder(PrivateEndpoints endpoints, TimeProvider timeProvider, IServiceProvider services)
{
    // Of one request through the pipeline, YARP's own included.
    private const int Features = 16;

    /// <summary>Sends a stored webhook to a consumer and reads what it says. Never throws for the consumer's sake.</summary>
    /// <param name="consumer">One of those applied to <see cref="PrivateEndpoints"/>.</param>
    /// <param name="webhook">What to send.</param>
    /// <param name="cancellationToken">Ends the attempt as <see cref="ForwardResult.Canceled"/>.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ForwardOutcome> SendAsync(Consumer consumer, OutgoingWebhook webhook, CancellationToken cancellationToken)
    {
        var features = new FeatureCollection(Features);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IServiceProvidersFeature>(new ServiceProvidersFeature { RequestServices = services });
        using var exchange = new Exchange(webhook.Payload, consumer.Timeout, timeProvider, beforeSuccess: null, cancellationToken);
        return await ForwardAsync(consumer, webhook, features, exchange, abort: null);
    }

    /// <summary>
    /// Hands a live request over: the consumer's response streams back to its sender, hop-by-hop headers excepted. The
    /// live request itself is not looked at; only <paramref name="webhook"/> goes out.
    /// </summary>
    /// <param name="live">Where the response goes; its RequestAborted ends the exchange as <see cref="ForwardResult.Canceled"/>.</param>
    /// <param name="consumer">One of those applied to <see cref="PrivateEndpoints"/>.</param>
    /// <param name="webhook">What to send.</param>
    /// <param name="beforeSuccess">
    /// Awaited once, after the headers of a 2xx have arrived and before anything goes to the sender. When it is false (or
    /// throws) the sender gets nothing of the response and the outcome is <see cref="ForwardResult.Failed"/>.
    /// </param>
    /// <returns>Unless it is <see cref="ForwardResult.Responded"/> and if the response has not started, the response is as new: answer 502 or 504.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ForwardOutcome> RelayAsync(
        HttpContext live, Consumer consumer, OutgoingWebhook webhook, Func<ForwardOutcome, ValueTask<bool>> beforeSuccess)
    {
        // Only what a response needs is taken over: the live request's cached query, cookies and route values stay behind.
        var features = new FeatureCollection(Features);
        Share<IHttpResponseFeature>();
        Share<IHttpResponseBodyFeature>();
        Share<IHttpResponseTrailersFeature>();
        Share<IHttpResetFeature>();
        Share<IHttpConnectionFeature>();
        Share<IServiceProvidersFeature>();
        using var exchange = new Exchange(webhook.Payload, consumer.Timeout, timeProvider, beforeSuccess, live.RequestAborted);
        var outcome = await ForwardAsync(consumer, webhook, features, exchange, live.Abort);
        if (outcome.Result != ForwardResult.Responded && !live.Response.HasStarted)
            live.Response.Clear();
        return outcome;

        void Share<TFeature>() => features.Set(live.Features.Get<TFeature>());
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ForwardOutcome> ForwardAsync(
        Consumer consumer, OutgoingWebhook webhook, FeatureCollection features, Exchange exchange, Action? abort)
    {
        if (endpoints.Find(consumer.Name) is not { } endpoint)
            return new ForwardOutcome(ForwardResult.NoHealthyAddress, Error: "no such consumer is in force");

        AddRequest(features, webhook, exchange, endpoint, abort);
        var context = new DefaultHttpContext(features);
        try
        {
            await endpoint.RequestDelegate!(context);
        }
        catch (Exception exception)
        {
            // YARP turns failures into its error feature; this is a broken policy or a transform of a kind we do not know.
            context.Features.Set<IForwarderErrorFeature>(new PipelineError(exception));
        }

        return Outcome(context, exchange, consumer.Timeout);
    }

    private static void AddRequest(
        FeatureCollection features, OutgoingWebhook webhook, Exchange exchange, Endpoint endpoint, Action? abort)
    {
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Post,
            Scheme = Uri.UriSchemeHttp,
            // With a newer one YARP would take application/grpc for a stream, which a webhook never is.
            Protocol = HttpProtocol.Http11,
            Path = Clusters.PathOf(endpoint),
            Headers = OutgoingHeaders.From(webhook),
            Body = StreamOver(webhook.Payload),
        });
        features.Set<IHttpRequestBodyDetectionFeature>(new Body(webhook.Payload.Length > 0));
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(abort, exchange.Aborted));
        features.Set<IEndpointFeature>(new Chosen { Endpoint = endpoint });
        features.Set(exchange);
    }

    private static ForwardOutcome Outcome(HttpContext context, Exchange exchange, TimeSpan timeout)
    {
        var error = context.Features.Get<IForwarderErrorFeature>();
        if (exchange.Responded is { } responded)
            return error is null ? responded : responded with { Error = "the response broke off: " + FailureWords.Of(error.Exception) };

        var address = Destination.AddressOf(context);
        if (exchange.Canceled)
            return new ForwardOutcome(ForwardResult.Canceled, Address: address, Error: "canceled");
        if (exchange.TimedOut)
            return new ForwardOutcome(ForwardResult.TimedOut, Address: address, Error: $"no response within {timeout}");

        return error?.Error switch
        {
            // No error and no response: session affinity found its address gone and does not redistribute.
            null or ForwarderError.NoAvailableDestinations =>
                new ForwardOutcome(ForwardResult.NoHealthyAddress, Address: address, Error: "no healthy address"),
            // Ours has not fired, so this is the connect timeout, or the activity timeout of a consumer that stopped reading.
            ForwarderError.RequestTimedOut =>
                new ForwardOutcome(ForwardResult.TimedOut, Address: address, Error: "no connection in time, or no progress"),
            ForwarderError.RequestCreation =>
                new ForwardOutcome(ForwardResult.CannotBuild, Address: address, Error: "the request cannot be built: " + Reason(error.Exception)),
            _ => new ForwardOutcome(ForwardResult.Failed, Address: address, Error: FailureWords.Of(error.Exception)),
        };
    }

    // These come from our own transform and from configuration text, never from the payload: payload text is encoded.
    private static string Reason(Exception? exception) => exception is InvalidOperationException or UriFormatException
        ? exception.Message
        : FailureWords.Of(exception);

    private static MemoryStream StreamOver(ReadOnlyMemory<byte> payload) =>
        MemoryMarshal.TryGetArray(payload, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(payload.ToArray(), writable: false);

    private sealed record Body(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;

    private sealed class Lifetime(Action? abort, CancellationToken aborted) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = aborted;

        public void Abort() => abort?.Invoke();
    }

    private sealed class Chosen : IEndpointFeature
    {
        public Endpoint? Endpoint { get; set; }
    }

    private sealed record PipelineError(Exception? Exception) : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.Request;
    }
}
