namespace AngoGateway.Ingress;

/// <summary>How one request ended; <see cref="Answer"/> turns each into its HTTP answer.</summary>
internal enum IngressStatus
{
    /// <summary>202: verified and durable.</summary>
    Accepted,

    /// <summary>200: that key was accepted before.</summary>
    Duplicate,

    /// <summary>The consumer's own 2xx has gone back, and the event is stored (proxy mode).</summary>
    Relayed,

    /// <summary>The consumer's own refusal has gone back, and nothing is remembered (proxy mode).</summary>
    RelayedRefusal,

    /// <summary>400: not JSON, or text in the key that is not UTF-8.</summary>
    NotJson,

    /// <summary>400: the body broke HTTP's own rules (chunk framing, fewer bytes than announced).</summary>
    BrokenBody,

    /// <summary>401.</summary>
    NotVerified,

    /// <summary>404: no source on that path.</summary>
    NoSuchSource,

    /// <summary>405.</summary>
    NotPost,

    /// <summary>408.</summary>
    BodyTooSlow,

    /// <summary>413.</summary>
    BodyTooLarge,

    /// <summary>415: a Content-Encoding; the gateway never decompresses.</summary>
    Encoded,

    /// <summary>429: verified, but over the source's rate.</summary>
    OverRate,

    /// <summary>500: a fault of ours; nothing was acknowledged.</summary>
    Failed,

    /// <summary>502: the consumer of a proxy route failed.</summary>
    ConsumerFailed,

    /// <summary>503: the journal cannot take it, or the gateway is draining.</summary>
    Unavailable,

    /// <summary>504: the consumer of a proxy route timed out.</summary>
    ConsumerTimedOut,

    /// <summary>The sender went away; there is nobody to answer.</summary>
    SenderGone,
}

/// <param name="Status">What happened.</param>
/// <param name="EventId">With Accepted, Duplicate and Relayed: the event.</param>
/// <param name="Detail">With NotJson: what is wrong and where; never payload text.</param>
/// <param name="RetryAfter">With OverRate and Unavailable.</param>
/// <param name="IsRead">With NotVerified: the body was read to its end, and the next request may follow it.</param>
internal readonly record struct IngressOutcome(
    IngressStatus Status, Guid EventId = default, string? Detail = null, TimeSpan? RetryAfter = null, bool IsRead = false)
{
    public static implicit operator IngressOutcome(IngressStatus status) => new(status);
}
