using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Tests.Support;

/// <summary>A collector that keeps the very bytes it is sent over OTLP/HTTP: what is to be searched must not be decoded first.</summary>
internal sealed class RawExports : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<byte[]>> _bodies = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private RawExports()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT with the protocol <c>http/protobuf</c>.</summary>
    public string Url => _app.Urls.Single();

    public static async Task<RawExports> StartAsync()
    {
        var exports = new RawExports();
        await exports._app.StartAsync();
        return exports;
    }

    /// <summary>All of a signal (traces, metrics, logs) as text; protobuf writes texts as they are.</summary>
    public string Text(string signal) =>
        string.Join('\n', _bodies.GetValueOrDefault("/v1/" + signal, []).Select(Encoding.UTF8.GetString));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _bodies.GetOrAdd(http.Request.Path, static _ => []).Enqueue(body.ToArray());
        http.Response.ContentType = "application/x-protobuf";
    }
}
