using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Commands;

/// <summary>What one consumer of the demonstration got.</summary>
/// <param name="Consumer">Its name.</param>
/// <param name="EventId">From <c>X-Gateway-Event-Id</c>.</param>
/// <param name="Sha256">Of the bytes that arrived, in hex.</param>
/// <param name="Signature">The header as handed on.</param>
internal sealed record Received(string Consumer, Guid EventId, string Sha256, string? Signature);

/// <summary>The demonstration's premises: a temporary folder with a real gateway.json, three consumers and the gateway.</summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ango-gateway-demo-");
    private readonly Dictionary<string, PayloadListener> _consumers = [];
    private readonly List<Received> _received = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private GatewayServer? _gateway;

    private DemoSite()
    {
    }

    /// <summary>Told of every arrival, in words. Set once the scenes are over and somebody plays on by hand.</summary>
    public Action<string>? Narrator { get; set; }

    /// <summary>Random for each run. As text, so that openssl can be given it.</summary>
    public byte[] Secret { get; } = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    public string Folder => _folder.FullName;

    public GatewayServer Gateway => _gateway ?? throw new InvalidOperationException("The gateway is not running.");

    public Uri Webhook => new(Gateway.PublicAddress, "/hooks/ango");

    public IReadOnlyDictionary<string, Uri> Consumers =>
        _consumers.ToDictionary(entry => entry.Key, entry => new Uri(entry.Value.Address, "/ango"));

    public static async Task<DemoSite> StartAsync(bool verbose, CancellationToken cancellationToken)
    {
        var site = new DemoSite();
        try
        {
            foreach (var name in (string[])["training", "qa", "audit"])
            {
                site._consumers[name] = await PayloadListener.StartAsync(
                    "http://127.0.0.1:0", arrival => Task.FromResult(site.Take(name, arrival)), cancellationToken);
            }

            var secretFile = Path.Combine(site.Folder, "secret");
            await File.WriteAllBytesAsync(secretFile, site.Secret, cancellationToken);
            var config = Path.Combine(site.Folder, "gateway.json");
            await File.WriteAllTextAsync(config, DemoScene.GatewayJson(secretFile, site.Consumers), cancellationToken);
            var options = GatewayServerOptions.FromEnvironment(config) with
            {
                Customize = builder => _ = verbose ? builder.Logging : builder.Logging.ClearProviders(),
            };
            site._gateway = await GatewayServer.StartAsync(options, cancellationToken);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everything that arrived so far.</summary>
    public Received[] ReceivedSoFar()
    {
        lock (_received)
        {
            return [.. _received];
        }
    }

    /// <summary>Waits until that many consumers got the event. Not getting there in time is for the caller to find out.</summary>
    public async Task WaitForAsync(Guid eventId, int consumers, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            while (ReceivedSoFar().Count(received => received.EventId == eventId) < consumers)
            {
                await _arrived.WaitAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline.
        }
    }

    /// <summary>Stops the gateway, which lets deliveries in flight end: after this nothing more arrives.</summary>
    public async Task StopGatewayAsync()
    {
        if (Interlocked.Exchange(ref _gateway, null) is { } gateway)
        {
            await gateway.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopGatewayAsync();
        foreach (var consumer in _consumers.Values)
        {
            await consumer.DisposeAsync();
        }

        _arrived.Dispose();
        _folder.Delete(recursive: true);
    }

    private int Take(string consumer, Arrival arrival)
    {
        var headers = arrival.Request.Headers;
        _ = Guid.TryParse(headers["X-Gateway-Event-Id"], out var eventId);
        lock (_received)
        {
            _received.Add(new Received(
                consumer, eventId, Convert.ToHexString(SHA256.HashData(arrival.Payload)), headers[HubSignature.Header]));
        }

        _arrived.Release();
        var signature = HubSignature.Matches(headers[HubSignature.Header], Sources.SignatureAlgorithm.Sha1, Secret, arrival.Payload);
        Narrator?.Invoke($"{consumer} got  {ArrivalLine.Of(TimeProvider.System.GetUtcNow(), arrival, signature ? "ok" : "BAD")}");
        return StatusCodes.Status200OK;
    }
}
