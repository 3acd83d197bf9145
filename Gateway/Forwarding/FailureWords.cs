using System.Net.Sockets;
using System.Security.Authentication;

namespace AngoGateway.Forwarding;

/// <summary>Tells a failed exchange in a few words. Only kinds and codes, and .NET's text about a certificate: never what the consumer sent.</summary>
internal static class FailureWords
{
    public static string Of(Exception? exception)
    {
        HttpRequestException? http = null;
        SocketException? socket = null;
        AuthenticationException? tls = null;
        foreach (var each in Unfold(exception))
        {
            http ??= each as HttpRequestException;
            socket ??= each as SocketException;
            tls ??= each as AuthenticationException;
        }

        var kind = http?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "cannot resolve the host name",
            HttpRequestError.ConnectionError => "cannot connect",
            HttpRequestError.SecureConnectionError => "TLS failed",
            HttpRequestError.HttpProtocolError => "HTTP protocol error",
            HttpRequestError.VersionNegotiationError => "the HTTP version was refused",
            HttpRequestError.ProxyTunnelError => "the web proxy refused",
            HttpRequestError.InvalidResponse => "not an HTTP response",
            HttpRequestError.ResponseEnded => "connection closed before the response was complete",
            HttpRequestError.ConfigurationLimitExceeded => "response headers too large",
            _ when socket is not null => "connection failed",
            _ => exception?.GetType().Name ?? "unknown failure",
        };
        return (tls, socket) switch
        {
            ({ } problem, _) => $"{kind}: {problem.Message}",
            (_, { } problem) => $"{kind}: {problem.SocketErrorCode}",
            _ => kind,
        };
    }

    private static IEnumerable<Exception> Unfold(Exception? exception)
    {
        for (var each = exception; each is not null; each = each.InnerException)
        {
            yield return each;
            if (each is not AggregateException several)
                continue;
            foreach (var inner in several.InnerExceptions.Skip(1).SelectMany(Unfold))
                yield return inner;
        }
    }
}
