using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Tests.Support;

/// <summary>
/// A consumer that keeps a few numbers per request and no bodies, for loads that would drown <see cref="FakeConsumer"/>;
/// and one that misbehaves below HTTP where told to.
/// </summary>
internal sealed class Sink : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Arrival> _arrivals = [];
    private readonly HashSet<Guid> _delivered = [];
    private readonly Dictionary<Guid, int> _times = [];
    private readonly CancellationTokenSource _disposed = new();
    private WebApplication? _app;
    private long _second;
    private int _inSecond;
    private int _inFlight;
    private int _mostInFlight;

    private Sink(SinkAnswer answer) => Answer = answer;

    /// <summary>What every request gets from now on.</summary>
    public SinkAnswer Answer { get; set; }

    /// <summary>Chooses the answer by the event and how many times it has arrived, from 1; null: <see cref="Answer"/>.</summary>
    public Func<Guid, int, SinkAnswer>? Choice { get; set; }

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Pause { get; set; }

    /// <summary>With <see cref="SinkAnswer.Limited"/>: taken per calendar second, the rest gets 429 with Retry-After: 1.</summary>
    public int PerSecond { get; set; } = int.MaxValue;

    public int Port { get; private set; }

    public string Url => $"http://127.0.0.1:{Port}/";

    /// <summary>Requests that were being answered at the same time, at most.</summary>
    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    /// <summary>What arrived, in order of arrival. A request is in here before its answer goes out.</summary>
    public IReadOnlyList<Arrival> Arrivals
    {
        get
        {
            lock (_lock)
                return [.. _arrivals];
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _arrivals.Count;
        }
    }

    /// <summary>Events that were answered 2xx at least once.</summary>
    public int DeliveredCount
    {
        get
        {
            lock (_lock)
                return _delivered.Count;
        }
    }

    public static async Task<Sink> StartAsync(SinkAnswer answer = SinkAnswer.Ok)
    {
        var sink = new Sink(answer);
        await sink.ListenAsync();
        return sink;
    }

    /// <summary>Listens, after <see cref="RefuseAsync"/> on the port it had before.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        _app = builder.Build();
        _app.Run(TakeAsync);
        await _app.StartAsync();
        Port = new Uri(_app.Urls.Single()).Port;
    }

    /// <summary>Closes the listener: connections are refused.</summary>
    public async Task RefuseAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await app.DisposeAsync();
        }
    }

    /// <summary>Waits until every one of these events was answered 2xx at least once.</summary>
    public Task WaitForAsync(IReadOnlyCollection<Guid> events, TimeSpan limit)
    {
        return Eventually.TrueAsync(() => Missing().Length == 0, limit, () =>
        {
            var missing = Missing();
            return $"{missing.Length} of {events.Count} events were never delivered, e.g. {string.Join(", ", missing.Take(3))}";
        });

        Guid[] Missing()
        {
            lock (_lock)
                return _delivered.Count < events.Count ? [.. events.Except(_delivered)] : _delivered.IsSupersetOf(events) ? [] : [.. events.Except(_delivered)];
        }
    }

    public Task WaitForCountAsync(int count, TimeSpan limit) =>
        Eventually.TrueAsync(() => Count >= count, limit, () => $"{Count} of {count} requests arrived");

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await RefuseAsync();
        _disposed.Dispose();
    }

    private async Task TakeAsync(HttpContext http)
    {
        var inFlight = Interlocked.Increment(ref _inFlight);
        try
        {
            var (answer, status) = Record(http.Request, inFlight);
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            if (Pause > TimeSpan.Zero)
                await Task.Delay(Pause, TimeProvider.System, http.RequestAborted);
            await AnswerAsync(http, answer, status);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The gateway hung up, or the test is over.
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private (SinkAnswer Answer, int Status) Record(HttpRequest request, int inFlight)
    {
        var now = TimeProvider.System.GetUtcNow();
        var eventId = Guid.Parse(request.Headers["X-Gateway-Event-Id"].ToString());
        lock (_lock)
        {
            var second = now.ToUnixTimeSeconds();
            _inSecond = second == _second ? _inSecond + 1 : 1;
            _second = second;
            _mostInFlight = Math.Max(_mostInFlight, inFlight);
            var times = _times[eventId] = _times.GetValueOrDefault(eventId) + 1;
            var answer = Choice?.Invoke(eventId, times) ?? Answer;
            var status = answer switch
            {
                SinkAnswer.Ok or SinkAnswer.EndlessBody => 200,
                SinkAnswer.Limited => _inSecond <= PerSecond ? 200 : 429,
                SinkAnswer.TooMany => 429,
                SinkAnswer.Gone => 410,
                SinkAnswer.Failing => 500,
                _ => 0,
            };
            if (status == 200)
                _delivered.Add(eventId);
            _arrivals.Add(new Arrival(
                now, eventId, request.Headers["X-Gateway-Delivery-Id"].ToString(), int.Parse(request.Headers["X-Gateway-Attempt"].ToString()), status));
            return (answer, status);
        }
    }

    private async Task AnswerAsync(HttpContext http, SinkAnswer answer, int status)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _disposed.Token);
        http.Response.StatusCode = status == 0 ? 200 : status;
        switch (answer)
        {
            case SinkAnswer.Hold:
                await Forever(until.Token);
                break;
            case SinkAnswer.Garbage:
                await RawAsync(http, "\0\u0001garbage that is no HTTP\r\n\r\n", until.Token);
                break;
            case SinkAnswer.HalfHeader:
                await RawAsync(http, "HTTP/1.1 200 OK\r\nContent-Le", until.Token);
                break;
            case SinkAnswer.EndlessBody:
                while (!until.IsCancellationRequested)
                    await http.Response.Body.WriteAsync(new byte[4096], until.Token);
                break;
            default:
                if (status == 429)
                    http.Response.Headers.RetryAfter = "1";
                break;
        }
    }

    // Past Kestrel's HTTP, onto the connection itself.
    private static async Task RawAsync(HttpContext http, string text, CancellationToken until)
    {
        var connection = http.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;
        await connection.Output.WriteAsync(Encoding.Latin1.GetBytes(text), until);
        await Forever(until);
    }

    private static Task Forever(CancellationToken until) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, until);
}

/// <summary>How a <see cref="Sink"/> answers.</summary>
internal enum SinkAnswer
{
    Ok,
    Failing,

    /// <summary>429 with Retry-After: 1, always.</summary>
    TooMany,

    /// <summary>200, but over <see cref="Sink.PerSecond"/> 429 with Retry-After: 1.</summary>
    Limited,
    Gone,

    /// <summary>Accepts the connection and the request, and never says a word.</summary>
    Hold,
    Garbage,
    EndlessBody,
    HalfHeader,
}

/// <summary>One request at a <see cref="Sink"/>.</summary>
/// <param name="At">When its header was there.</param>
/// <param name="EventId">X-Gateway-Event-Id.</param>
/// <param name="DeliveryId">X-Gateway-Delivery-Id.</param>
/// <param name="Attempt">X-Gateway-Attempt.</param>
/// <param name="Status">What it was answered; 0 when it got no HTTP answer.</param>
internal readonly record struct Arrival(DateTimeOffset At, Guid EventId, string DeliveryId, int Attempt, int Status);
