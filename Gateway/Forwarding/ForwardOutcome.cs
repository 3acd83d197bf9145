namespace AngoGateway.Forwarding;

/// <summary>What became of one request to a consumer.</summary>
/// <param name="Result">How far it came.</param>
/// <param name="Status">The consumer's HTTP status; set exactly with <see cref="ForwardResult.Responded"/>.</param>
/// <param name="RetryAfter">What the consumer asked for, seconds or date; never negative.</param>
/// <param name="Address">The destination's address without user, query and fragment; null when none was chosen.</param>
/// <param name="Error">The kind of failure in a few words, no payload and no header value; null when nothing failed.</param>
/// <param name="Response">Stored deliveries only: the first 16 KB of the response body as text; null when empty.</param>
internal sealed record ForwardOutcome(
    ForwardResult Result,
    int? Status = null,
    TimeSpan? RetryAfter = null,
    string? Address = null,
    string? Error = null,
    string? Response = null)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

internal enum ForwardResult
{
    /// <summary>A status line and headers came, whatever they say.</summary>
    Responded,

    /// <summary>The cluster has no address that may be used now, or the consumer is not known (yet).</summary>
    NoHealthyAddress,

    /// <summary>No response headers within the consumer's timeout.</summary>
    TimedOut,

    /// <summary>Refused connection, reset, DNS, TLS, a response that is not HTTP: worth another try.</summary>
    Failed,

    /// <summary>The request itself cannot be built: another try would end the same way.</summary>
    CannotBuild,

    /// <summary>The caller's token was cancelled, or the sender of a live request went away.</summary>
    Canceled,
}
