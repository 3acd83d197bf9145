using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary>What arrived. Valid only while it is being handled.</summary>
/// <param name="Request">Method, path and headers.</param>
/// <param name="Payload">The body.</param>
internal readonly record struct Arrival(HttpRequest Request, byte[] Payload);

/// <summary>A small HTTP server that takes any request whole and answers with a status: a consumer to try things with.</summary>
internal sealed class PayloadListener : IAsyncDisposable
{
    // Far above the gateway's own cap, so that nothing it lets through is refused here.
    private const long BodyLimit = 256L * 1024 * 1024;

    private readonly WebApplication _app;

    private PayloadListener(WebApplication app) => _app = app;

    /// <summary>Where it really listens: with the port that was chosen when port 0 was asked for.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <param name="url">Plain http; port 0 takes a free one.</param>
    /// <param name="handle">Returns the status to answer with.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="IOException">The address is in use or not ours; the message says which, and why.</exception>
    public static async Task<PayloadListener> StartAsync(string url, Func<Arrival, Task<int>> handle, CancellationToken cancellationToken)
    {
        // The empty builder reads no appsettings.json, no ASPNETCORE_URLS and logs nothing: the options given are all there is.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
        });
        builder.Services.AddSingleton<IHostLifetime, CommandLifetime>();
        var app = builder.Build();
        app.Urls.Add(url);
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            context.Response.StatusCode = await handle(new Arrival(context.Request, body.ToArray()));
        });
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception fault) when (Listeners.SocketFault(fault) is { } reason)
        {
            await app.DisposeAsync();
            throw new IOException(Listeners.Refusal(url, reason), fault);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new PayloadListener(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
