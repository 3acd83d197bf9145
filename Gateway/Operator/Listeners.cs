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
        Listen(kestrel, BindingAddress.Parse(listen.Public), isAdmin: false);
        Listen(kestrel, BindingAddress.Parse(listen.Admin), isAdmin: true);
    }

    public static bool IsAdmin(HttpContext http) => http.Features.Get<AdminDoor>() is not null;

    // The loader lets no other host through: Kestrel itself would take an unknown name for all addresses.
    private static void Listen(KestrelServerOptions kestrel, BindingAddress url, bool isAdmin)
    {
        switch (url.Host)
        {
            case "*" or "+":
                kestrel.ListenAnyIP(url.Port, Prepare);
                break;
            case "localhost":
                kestrel.ListenLocalhost(url.Port, Prepare);
                break;
            default:
                kestrel.Listen(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port, Prepare);
                break;
        }

        void Prepare(ListenOptions options)
        {
            if (url.Scheme == "https")
            {
                UseHttps(options, url);
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

    private static void UseHttps(ListenOptions options, BindingAddress url)
    {
        try
        {
            options.UseHttps();
        }
        catch (InvalidOperationException e)
        {
            throw new IOException(
                $"https://{url.Host}:{url.Port} needs a certificate: set Kestrel__Certificates__Default__Path (and …__Password or …__KeyPath).", e);
        }
    }

    /// <summary>Marks connections of the admin listener.</summary>
    private sealed class AdminDoor;
}
