using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Tests.Forwarding;

/// <summary>An internal service of one delegate, for what WireMock cannot do: HTTP/2, answers that come in pieces.</summary>
internal sealed class KestrelConsumer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelConsumer(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public static async Task<KestrelConsumer> StartAsync(RequestDelegate answer, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new KestrelConsumer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
