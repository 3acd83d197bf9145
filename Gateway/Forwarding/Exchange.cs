using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace AngoGateway.Forwarding;

/// <summary>
/// The state of one request on its way through YARP's pipeline, kept as a feature of its HttpContext: the deadline, and
/// what the response's headers said.
/// </summary>
/// <param name="payload">What is sent.</param>
/// <param name="timeout">Until the response's headers have arrived.</param>
/// <param name="timeProvider">The clock of the deadline and of Retry-After dates.</param>
/// <param name="beforeSuccess">Live requests: awaited once between a 2xx's headers and the first byte to the sender; false withholds the response. Null: stored.</param>
/// <param name="caller">The caller's own token.</param>
internal sealed class Exchange(
    ReadOnlyMemory<byte> payload, TimeSpan timeout, TimeProvider timeProvider, Func<ForwardOutcome, ValueTask<bool>>? beforeSuccess, CancellationToken caller) : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(timeout, timeProvider);
    private CancellationTokenSource? _either;

    public ReadOnlyMemory<byte> Payload => payload;

    public TimeSpan Timeout => timeout;

    /// <summary>Cancelled by the caller or by the deadline.</summary>
    public CancellationToken Aborted =>
        (_either ??= CancellationTokenSource.CreateLinkedTokenSource(caller, _deadline.Token)).Token;

    /// <summary>Set once the response's headers have arrived in time.</summary>
    public ForwardOutcome? Responded { get; private set; }

    public bool TimedOut => Responded is null && _deadline.IsCancellationRequested && !caller.IsCancellationRequested;

    public bool Canceled => Responded is null && caller.IsCancellationRequested;

    /// <summary>The last response transform: everything before it has succeeded, and nothing has gone to a sender yet.</summary>
    public async ValueTask TakeResponseAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } response)
            return;

        _deadline.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
        // Fired while the headers were being copied: the token is cancelled already, so this must not count as a response.
        _deadline.Token.ThrowIfCancellationRequested();
        if ((int)response.StatusCode < 200)
            throw new InvalidOperationException("a consumer cannot switch protocols");

        var outcome = new ForwardOutcome(
            ForwardResult.Responded,
            (int)response.StatusCode,
            RetryAfter(response),
            Destination.AddressOf(context.HttpContext));
        if (beforeSuccess is null)
        {
            Responded = outcome;
            Responded = outcome with { Response = await ResponseText.ReadAsync(response.Content, timeProvider) };
            context.SuppressResponseBody = true;
            return;
        }

        // Throwing is the only way to make YARP let go of a response it is about to copy.
        if (outcome.IsSuccess && !await beforeSuccess(outcome))
            throw new InvalidOperationException("the gateway could not remember the success");
        Responded = outcome;
    }

    /// <summary>
    /// Runs inside YARP's passive health checks. To YARP a deadline of ours looks like a sender that went away, which
    /// never counts against an address; a consumer's timeout has to.
    /// </summary>
    public void CountTimeout(HttpContext context)
    {
        if (!TimedOut)
            return;

        context.RequestAborted = caller;
        context.Features.Set<IForwarderErrorFeature>(
            new TimeoutError(context.Features.Get<IForwarderErrorFeature>()?.Exception));
    }

    public void Dispose()
    {
        _either?.Dispose();
        _deadline.Dispose();
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - timeProvider.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private sealed record TimeoutError(Exception? Exception) : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.RequestTimedOut;
    }
}
