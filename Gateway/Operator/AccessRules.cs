using System.Net;
using System.Net.Http.Headers;
using AngoGateway.Configuration;

namespace AngoGateway.Operator;

/// <summary>
/// Who may use the admin API. With <c>operator.tokens</c>: who sends one of them. Without: who is on the gateway's own
/// machine and calls it by a local name, so that no web page can reach it through a name of its own (DNS rebinding).
/// </summary>
internal static class AccessRules
{
    // A proxy on this machine makes the whole network look local; those that say so are believed.
    private static readonly string[] ProxyTraces = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <returns>The answer to a request that may not pass; null when it may.</returns>
    public static IResult? Refusal(HttpContext http, OperatorTokens tokens) =>
        (tokens.AreConfigured ? WithoutToken(http, tokens) : FromElsewhere(http)) ?? NotJson(http.Request);

    private static IResult? WithoutToken(HttpContext http, OperatorTokens tokens)
    {
        if (tokens.Admit(http.Request.Headers))
        {
            return null;
        }

        // RFC 9110, section 11.6.1.
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problem.Of(
            StatusCodes.Status401Unauthorized,
            "The admin API wants a token.",
            "Send \"Authorization: Bearer\" with one of the tokens that operator.tokens in gateway.json refers to.");
    }

    private static IResult? FromElsewhere(HttpContext http)
    {
        var reason = http.Connection.RemoteIpAddress switch
        {
            { } address when !IsLoopback(address) => "This request came from another machine.",
            null => "This request's origin is unknown.",
            _ when Array.Find(ProxyTraces, http.Request.Headers.ContainsKey) is { } trace => $"This request came through a proxy ({trace}).",
            _ when !IsLocalName(http.Request.Host.Host) => "This request's Host is neither localhost nor a loopback address.",
            _ => null,
        };
        return reason is null ? null : Problem.Of(
            StatusCodes.Status403Forbidden,
            "The admin API answers this machine only.",
            reason + " To use it from elsewhere, set operator.tokens in gateway.json, e.g. \"operator\": { \"tokens\": [\"env:ANGO_GATEWAY_TOKEN\"] }, and send one as \"Authorization: Bearer\".");
    }

    // A web page can post forms and plain text to any address, but this type only with the consent of a preflight request.
    private static IResult? NotJson(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return null;
        }

        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
                ? null
                : Problem.Of(StatusCodes.Status415UnsupportedMediaType, "Changes are sent as JSON.", "Send \"Content-Type: application/json\".");
    }

    private static bool IsLocalName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    private static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
