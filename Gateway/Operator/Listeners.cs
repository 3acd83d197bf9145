using System.Net;
using System.Net.Sockets;
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
        // Likewise a deadline (limits.bodyTimeout) for the whole body: Kestrel's minimum rate would end one that pauses for
        // five seconds, however long the configuration allows it.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        Listen(kestrel, BindingAddress.Parse(listen.Public), isAdmin: false);
        Listen(kestrel, BindingAddress.Parse(listen.Admin), isAdmin: true);
    }

    /// <summary>The socket's own fault in what a server threw at its start; null when there is none.</summary>
    public static SocketException? SocketFault(Exception? fault) => fault is null or SocketException ? (SocketException?)fault : SocketFault(fault.InnerException);

    /// <summary>Why an address cannot be listened on, for whoever chose it.</summary>
    public static string Refusal(string url, SocketException reason) => $"Cannot listen on {url}: {reason.Message}. " + reason.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => "This machine has no such address: write one of its own, or 0.0.0.0 for all.",
        SocketError.AccessDenied => "Ports below 1024 need a privilege: take another port, or grant CAP_NET_BIND_SERVICE.",
        SocketError.AddressAlreadyInUse => "Another process listens there: end it, or take another port.",
        _ => "Take another address.",
    };

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
