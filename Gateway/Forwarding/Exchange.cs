using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace AngoGateway.Forwarding;

/// <summary>
/// The state of one request on its way through YARP's pipeline, kept as a feature of its HttpContext: the deadline, and
/// what the response's headers said.
/// </summary>
internal sealed class Exchange : IDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly Func<ForwardOutcome, ValueTask<bool>>? _beforeSuccess;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _aborted;
    private readonly CancellationTokenRegistration _following;

    /// <param name="payload">What is sent.</param>
    /// <param name="timeout">Until the response's headers have arrived.</param>
    /// <param name="timeProvider">The clock of the deadline and of Retry-After dates.</param>
    /// <param name="beforeSuccess">Live requests: awaited once between a 2xx's headers and the first byte to the sender; false withholds the response. Null: stored.</param>
    /// <param name="caller">The caller's own token.</param>
    public Exchange(
        ReadOnlyMemory<byte> payload, TimeSpan timeout, TimeProvider timeProvider, Func<ForwardOutcome, ValueTask<bool>>? beforeSuccess, CancellationToken caller)
    {
        (Payload, Timeout, _timeProvider, _beforeSuccess, _caller) = (payload, timeout, timeProvider, beforeSuccess, caller);
        _aborted = new CancellationTokenSource(timeout, timeProvider);
        _following = caller.UnsafeRegister(static aborted => ((CancellationTokenSource)aborted!).Cancel(), _aborted);
    }

    public ReadOnlyMemory<byte> Payload { get; }

    public TimeSpan Timeout { get; }

    /// <summary>Cancelled by the caller or by the deadline.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Set once the response's headers have arrived in time.</summary>
    public ForwardOutcome? Responded { get; private set; }

    public bool TimedOut => Responded is null && _aborted.IsCancellationRequested && !_caller.IsCancellationRequested;

    public bool Canceled => Responded is null && _caller.IsCancellationRequested;

    /// <summary>The last response transform: everything before it has succeeded, and nothing has gone to a sender yet.</summary>
    public async ValueTask TakeResponseAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } response)
            return;

        _aborted.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
        // Fired while the headers were being copied: the token is cancelled already, so this must not count as a response.
        if (TimedOut)
            throw new OperationCanceledException(Aborted);

        if ((int)response.StatusCode < 200)
            throw new InvalidOperationException("a consumer cannot switch protocols");

        var outcome = new ForwardOutcome(
            ForwardResult.Responded,
            (int)response.StatusCode,
            RetryAfter(response),
            Destination.AddressOf(context.HttpContext));
        if (_beforeSuccess is null)
        {
            Responded = outcome;
            Responded = outcome with { Response = await ResponseText.ReadAsync(response.Content, _timeProvider) };
            context.SuppressResponseBody = true;
            return;
        }

        // Throwing is the only way to make YARP let go of a response it is about to copy.
        if (outcome.IsSuccess && !await _beforeSuccess(outcome))
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

        context.RequestAborted = _caller;
        context.Features.Set<IForwarderErrorFeature>(
            new TimeoutError(context.Features.Get<IForwarderErrorFeature>()?.Exception));
    }

    public void Dispose()
    {
        _following.Dispose();
        _aborted.Dispose();
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _timeProvider.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private sealed record TimeoutError(Exception? Exception) : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.RequestTimedOut;
    }
}
