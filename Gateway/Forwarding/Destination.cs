using System.Collections.Concurrent;
using Yarp.ReverseProxy.Model;

namespace AngoGateway.Forwarding;

/// <summary>An address inside a consumer's cluster.</summary>
internal static class Destination
{
    // As many as were ever configured since the start.
    private static readonly ConcurrentDictionary<string, string?> Shown = new(StringComparer.Ordinal);

    /// <summary>What is wrong with an address as written in the configuration; null when it can be used.</summary>
    /// <param name="address">The address.</param>
    /// <param name="withPath">It is the whole address of the short form, where a query may be part of it.</param>
    public static string? Fault(string? address, bool withPath = false)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "not an address: write http:// or https://, a host and a port, e.g. \"http://training:9000\"";
        if (uri.UserInfo.Length > 0)
            return "a user and password in the address would not be sent: leave them out and set the header with a transform of a cluster";
        if (uri.Fragment.Length > 0)
            return "leave out everything from # on";
        return uri.Query.Length > 0 && !withPath ? "leave out everything from ? on" : null;
    }

    /// <summary>The address that YARP chose, without user, query and fragment; null when it chose none.</summary>
    public static string? AddressOf(HttpContext context) =>
        context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination?.Model.Config.Address is { } address
            ? Shown.GetOrAdd(address, Bare)
            : null;

    private static string? Bare(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri)
        ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : null;
}
