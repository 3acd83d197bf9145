using System.Buffers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace AngoGateway.Forwarding;

/// <summary>Added to every consumer's private route after its own transforms.</summary>
internal sealed class ConsumerTransforms : ITransformProvider
{
    // RFC 9110, 5.5 without obs-text, which HttpClient does not send.
    private static readonly SearchValues<char> Sendable =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\t']);

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        // A consumer that asks for X-Forwarded-* by a transform of its own still gets it.
        context.UseDefaultForwarders = false;

        var activity = context.Cluster?.HttpRequest?.ActivityTimeout ?? TimeSpan.Zero;
        context.AddRequestTransform(request => SendWhole(request, activity));
        if (string.IsNullOrEmpty(context.Cluster?.HttpClient?.RequestHeaderEncoding))
            context.AddRequestTransform(RefuseUnsendableHeaders);
        context.AddResponseTransform(DropLengthOfNothing);
        context.AddResponseTransform(response =>
            response.HttpContext.Features.Get<Exchange>()!.TakeResponseAsync(response));
    }

    // YARP begins its activity timeout anew with each part of a body that it has copied. One that is no shorter than the
    // attempt's own has no part in this; a shorter one, which somebody wrote, goes on meaning what it says.
    private static ValueTask SendWhole(RequestTransformContext request, TimeSpan activity)
    {
        var exchange = request.HttpContext.Features.Get<Exchange>()!;
        if (activity >= exchange.Timeout)
            WholeBody.Set(request.ProxyRequest, exchange.Payload);
        return ValueTask.CompletedTask;
    }

    // RFC 9110, 8.6: a 204 has no Content-Length. Some services send one, and Kestrel would wait for the bytes.
    private static ValueTask DropLengthOfNothing(ResponseTransformContext context)
    {
        if (context.ProxyResponse?.StatusCode is System.Net.HttpStatusCode.NoContent)
            context.HttpContext.Response.Headers.ContentLength = null;
        return ValueTask.CompletedTask;
    }

    // HttpClient refuses these too, but only while sending and as an HttpRequestException like any refused connection:
    // it would be retried until maxAge. Thrown here it is YARP's RequestCreation error.
    private static ValueTask RefuseUnsendableHeaders(RequestTransformContext context)
    {
        foreach (var header in context.ProxyRequest.Headers.NonValidated)
        {
            foreach (var value in header.Value)
            {
                if (value.AsSpan().ContainsAnyExcept(Sendable))
                    throw new InvalidOperationException($"header {header.Key} is not ASCII");
            }
        }

        return ValueTask.CompletedTask;
    }
}
