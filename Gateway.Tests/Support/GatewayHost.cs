using System.Text.Json.Nodes;
using AngoGateway.Commands;
using AngoGateway.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace AngoGateway.Tests.Support;

/// <summary>A whole gateway on real Kestrel, port 0, from a JSON snippet; its files live in a temporary folder.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly GatewayServer _server;
    private readonly bool _ownsFolder;

    private GatewayHost(GatewayServer server, string folder, bool ownsFolder)
    {
        _server = server;
        _ownsFolder = ownsFolder;
        Folder = folder;
        // Ango Hub is not traced; a listener of a test's would have this client send a traceparent.
        Public = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = server.PublicAddress };
        Admin = new HttpClient { BaseAddress = server.AdminAddress };
    }

    public string Folder { get; }

    public string ConfigPath => Path.Combine(Folder, "gateway.json");

    public HttpClient Public { get; }

    public HttpClient Admin { get; }

    public IServiceProvider Services => _server.Services;

    public IJournal Journal => _server.Services.GetRequiredService<IJournal>();

    public FakeLogCollector Logs => _server.Services.GetFakeLogCollector();

    /// <param name="config">Sources, consumers, routes; anything else overrides the tests' defaults.</param>
    /// <param name="folder">To start again on an earlier gateway's files; else a new one, deleted at the end.</param>
    /// <param name="timeProvider">The clock; the system's when left out.</param>
    public static async Task<GatewayHost> StartAsync(string config, string? folder = null, TimeProvider? timeProvider = null)
    {
        var home = folder ?? Directory.CreateTempSubdirectory("ango-gateway-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(home, "gateway.json"), Complete(config));
        var server = await GatewayServer.StartAsync(
            new GatewayServerOptions(
                Path.Combine(home, "gateway.json"),
                name => name == "ANGO_WEBHOOK_SECRET" ? SignedWebhook.Secret : null,
                timeProvider ?? TimeProvider.System,
                builder =>
                {
                    builder.Logging.ClearProviders();
                    builder.Logging.AddFakeLogging();
                }),
            CancellationToken.None);
        return new GatewayHost(server, home, ownsFolder: folder is null);
    }

    /// <summary>Fills in what most tests do not care about: ports, journal, one signed source, a long memory.</summary>
    public static string Complete(string config)
    {
        var given = JsonNode.Parse(config)!.AsObject();
        given["listen"] ??= JsonNode.Parse("""{ "public": "http://127.0.0.1:0", "admin": "http://127.0.0.1:0", "drain": "00:00:00" }""");
        given["journal"] ??= JsonNode.Parse("""{ "type": "sqlite", "path": "gateway.db" }""");
        given["retention"] ??= JsonNode.Parse("""{ "keys": "36500.00:00:00" }""");
        given["sources"] ??= JsonNode.Parse(
            """{ "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] } } }""");
        given["consumers"] ??= new JsonObject();
        return given.ToJsonString();
    }

    /// <summary>Writes a new gateway.json in place of the old one, at once as a careful editor does.</summary>
    public async Task RewriteAsync(string config)
    {
        await File.WriteAllTextAsync(ConfigPath + ".new", Complete(config));
        File.Move(ConfigPath + ".new", ConfigPath, overwrite: true);
    }

    /// <summary>Completes when a log line with this text is there.</summary>
    public Task WaitForLogAsync(string text, TimeSpan limit) =>
        Eventually.TrueAsync(
            () => Logs.GetSnapshot().Any(line => line.Message.Contains(text, StringComparison.Ordinal)), limit, () => $"a log line with \"{text}\"");

    public Task<Receipt> PostAsync(byte[] payload, string path = "/hooks/ango", bool chunked = false) =>
        Public.PostAsync(payload, path, chunked);

    public async ValueTask DisposeAsync()
    {
        Public.Dispose();
        Admin.Dispose();
        await _server.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
