using System.Net.Http.Headers;

namespace AngoGateway.Forwarding;

/// <summary>
/// Sends a payload as the memory it is. YARP would copy it through a stream, after the headers and in a packet of its own; this
/// way a small one leaves with its headers, and a stale connection is no failure: the client can send it again on another.
/// </summary>
internal sealed class WholeBody(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly HttpRequestOptionsKey<ReadOnlyMemory<byte>> Bytes = new("gateway.bytes");

    /// <summary>Lets the handler send these bytes in place of the request's own content.</summary>
    /// <param name="request">Its content's headers stay.</param>
    /// <param name="payload">Must stay valid until the request has been sent.</param>
    public static void Set(HttpRequestMessage request, ReadOnlyMemory<byte> payload) => request.Options.Set(Bytes, payload);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(Bytes, out var payload) && request.Content is { } streamed)
            request.Content = Like(streamed.Headers, payload);

        return base.SendAsync(request, cancellationToken);
    }

    private static ReadOnlyMemoryContent Like(HttpContentHeaders headers, ReadOnlyMemory<byte> payload)
    {
        var content = new ReadOnlyMemoryContent(payload);
        foreach (var header in headers.NonValidated)
        {
            foreach (var value in header.Value)
                content.Headers.TryAddWithoutValidation(header.Key, value);
        }

        return content;
    }
}
