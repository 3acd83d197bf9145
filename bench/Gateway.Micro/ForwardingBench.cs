using System.Net;
using AngoGateway.Consumers;
using AngoGateway.Forwarding;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Micro;

/// <summary>
/// One delivery after the other to a service on the loopback in this process: through our forwarder and YARP, and what an HTTP client
/// alone takes for the same. The service is in the figures, its time and what it allocates.
/// </summary>
[MemoryDiagnoser]
public class ForwardingBench
{
    private WebApplication _app = null!;
    private Forwarder _forwarder = null!;
    private Consumer _consumer = null!;
    private OutgoingWebhook _webhook = null!;
    private HttpMessageInvoker _client = null!;
    private Uri _service = null!;
    private byte[] _body = [];

    [Params(2 * 1024, 32 * 1024, 1024 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddForwarding();
        builder.Services.AddSingleton(static _ => new HttpMessageInvoker(
            new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null }));
        _app = builder.Build();
        _app.Run(static http => http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted));
        await _app.StartAsync();
        _service = new Uri(_app.Urls.First());
        _consumer = Consumer.Compile("training", new ConsumerConfig(Url: _service.ToString()));
        var refused = await _app.Services.GetRequiredService<PrivateEndpoints>().ApplyAsync([_consumer], default);
        if (refused.Count > 0)
            throw new InvalidOperationException($"The consumer is refused: {refused[0]}");

        _forwarder = _app.Services.GetRequiredService<Forwarder>();
        _client = _app.Services.GetRequiredService<HttpMessageInvoker>();
        _body = Bodies.Of(Size);
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        _webhook = new OutgoingWebhook(
            _body, "application/json", "X-Hub-Signature", new string('a', 40), id, $"{id}.training", 1,
            "ango", "66c5a3babfebe70015f8b15c", "66a10e530c3781407df635a8", "Review");
    }

    [GlobalCleanup]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Benchmark(Baseline = true)]
    public async Task<int> BareClientAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _service) { Content = new ByteArrayContent(_body) };
        using var response = await _client.SendAsync(request, default);
        await response.Content.CopyToAsync(Stream.Null, CancellationToken.None);
        return (int)response.StatusCode;
    }

    [Benchmark]
    public async Task<int> ForwardAsync()
    {
        var outcome = await _forwarder.SendAsync(_consumer, _webhook, default);
        return outcome.Status == StatusCodes.Status200OK ? outcome.Status.Value : throw new InvalidOperationException(outcome.Error);
    }
}
