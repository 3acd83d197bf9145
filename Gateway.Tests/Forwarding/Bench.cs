using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using AngoGateway.Consumers;
using AngoGateway.Forwarding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Tests.Forwarding;

/// <summary>The forwarder in a real Kestrel on a free port: stored deliveries go straight to it, live ones through a POST.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Relay> _relays = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private Bench(WebApplication app)
    {
        _app = app;
        app.MapPost("/relay/{id}", RelayAsync);
    }

    public static ReadOnlyMemory<byte> Payload { get; } = Encoding.UTF8.GetBytes("""{"task":{"taskId":"t1"}}""");

    public static OutgoingWebhook Webhook { get; } = new(
        Payload, "application/json", "X-Hub-Signature", "0123abcd", new Guid("0192f0c4-0000-7000-8000-000000000001"),
        "0192f0c4-0000-7000-8000-000000000001.qa", 3, "ango", "66c5a3babfebe70015f8b15c", "t1", "Review");

    public Forwarder Forwarder => _app.Services.GetRequiredService<Forwarder>();

    public PrivateEndpoints Endpoints => _app.Services.GetRequiredService<PrivateEndpoints>();

    public IServiceProvider Services => _app.Services;

    public Uri Address => new(_app.Urls.Single());

    public HttpClient Sender { get; } = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    public static async Task<Bench> StartAsync(TimeProvider? time, params Consumer[] consumers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddForwarding();
        var bench = new Bench(builder.Build());
        await bench._app.StartAsync();
        Assert.Empty(await bench.Endpoints.ApplyAsync(consumers, default));
        return bench;
    }

    public static Task<Bench> StartAsync(params Consumer[] consumers) => StartAsync(null, consumers);

    public static Consumer Short(string name, string url, TimeSpan? timeout = null) =>
        Consumer.Compile(name, new ConsumerConfig(Url: url, Delivery: new DeliveryConfig(Timeout: timeout)));

    public static Consumer Cluster(string name, string cluster, string? path = null, TimeSpan? timeout = null) =>
        Consumer.Compile(name, new ConsumerConfig(
            Path: path, Cluster: JsonElement.Parse(cluster), Delivery: new DeliveryConfig(Timeout: timeout)));

    /// <summary>One webhook, stored or live.</summary>
    public async Task<ForwardOutcome> ForwardAsync(bool live, Consumer consumer, OutgoingWebhook? webhook = null)
    {
        webhook ??= Webhook;
        if (!live)
            return await Forwarder.SendAsync(consumer, webhook, default);

        var relay = StartRelay(consumer, webhook);
        using var response = await Sender.SendAsync(relay.Request(Address, webhook.Payload));
        return await relay.Outcome;
    }

    public Relay StartRelay(Consumer consumer, OutgoingWebhook? webhook = null)
    {
        var relay = new Relay(consumer, webhook ?? Webhook);
        _relays[relay.Id] = relay;
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        Sender.Dispose();
        await _app.DisposeAsync();
    }

    // As ingress does it: the body is read whole, the query has been looked at, and what goes out is a webhook.
    private async Task RelayAsync(HttpContext live)
    {
        var relay = _relays[(string)live.Request.RouteValues["id"]!];
        using var body = new MemoryStream();
        await live.Request.Body.CopyToAsync(body);
        _ = live.Request.Query.Count + live.Request.Cookies.Count;
        live.Response.Headers["X-Before"] = "1";
        var outcome = await Forwarder.RelayAsync(live, relay.Consumer, relay.Webhook with { Payload = body.ToArray() }, relay.BeforeSuccessAsync);
        if (outcome.Result != ForwardResult.Responded && !live.Response.HasStarted)
        {
            relay.StatusAfterFailure = live.Response.StatusCode;
            live.Response.StatusCode = outcome.Result == ForwardResult.TimedOut ? 504 : 502;
        }

        relay.Finish(outcome);
    }
}

/// <summary>One live webhook on its way.</summary>
internal sealed class Relay(Consumer consumer, OutgoingWebhook webhook)
{
    private static int s_last;

    private readonly TaskCompletionSource<ForwardOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = Interlocked.Increment(ref s_last).ToString();

    public Consumer Consumer => consumer;

    public OutgoingWebhook Webhook => webhook;

    public Task<ForwardOutcome> Outcome => _outcome.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public List<ForwardOutcome> Successes { get; } = [];

    /// <summary>What the commit before a success waits for.</summary>
    public Task Commit { get; set; } = Task.CompletedTask;

    public int? StatusAfterFailure { get; set; }

    public HttpRequestMessage Request(Uri address, ReadOnlyMemory<byte> payload, bool chunked = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, $"/relay/{Id}?secret=1"))
        {
            Content = new ReadOnlyMemoryContent(payload),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }

    public async ValueTask<bool> BeforeSuccessAsync(ForwardOutcome outcome)
    {
        Successes.Add(outcome);
        await Commit;
        return true;
    }

    public void Finish(ForwardOutcome outcome) => _outcome.SetResult(outcome);
}

internal static class Wait
{
    /// <summary>Asks again and again until it is so; at most 20 s.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "it never came to be");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));
}
