using System.Net;
using AngoGateway.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AngoGateway.Operator;

/// <summary>The two doors: the public one takes webhooks only, the admin one everything for people and machines inside.</summary>
/// <remarks>
/// A request is told apart by the listener it came in through, not by its port or Host header: ports may be 0, and a
/// header is the sender's to choose.
/// </remarks>
internal static class Listeners
{
    public static void Configure(KestrelServerOptions kestrel, ListenConfig listen)
    {
        kestrel.AddServerHeader = false;
        // The gateway has its own cap, which a reload may change; Kestrel's would be fixed at start.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        Listen(kestrel, new Uri(listen.Public), isAdmin: false);
        Listen(kestrel, new Uri(listen.Admin), isAdmin: true);
    }

    public static bool IsAdmin(HttpContext http) => http.Features.Get<AdminDoor>() is not null;

    private static void Listen(KestrelServerOptions kestrel, Uri url, bool isAdmin)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            kestrel.Listen(address, url.Port, Prepare);
        }
        else
        {
            // "localhost"; the loader lets no other name through.
            kestrel.ListenLocalhost(url.Port, Prepare);
        }

        void Prepare(ListenOptions options)
        {
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                options.UseHttps();
            }

            if (isAdmin)
            {
                options.Use(next => connection =>
                {
                    connection.Features.Set(new AdminDoor());
                    return next(connection);
                });
            }
        }
    }

    /// <summary>Marks connections of the admin listener.</summary>
    private sealed class AdminDoor;
}
