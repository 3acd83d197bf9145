using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>One verified webhook as stored, without its payload.</summary>
/// <param name="Id">UUID version 7 (RFC 9562), made from the gateway's clock.</param>
/// <param name="Key">Its identity.</param>
/// <param name="ReceivedAt">When it was accepted; millisecond precision.</param>
/// <param name="Source">Name of its source.</param>
/// <param name="Envelope">What was read from the payload.</param>
/// <param name="Disposition">Whether it is delivered at all.</param>
/// <param name="ContentType">As received, or null when it was absent or not a media type.</param>
/// <param name="SignatureHeader">Name of the header its signature came in; null for unsigned sources.</param>
/// <param name="Signature">That header's value, handed on to consumers; never logged.</param>
/// <param name="TraceParent">W3C traceparent of the span that stored it.</param>
/// <param name="TraceState">The tracestate that belongs to it; null unless a trusted sender gave one.</param>
internal sealed record StoredEvent(
    Guid Id,
    EventKey Key,
    DateTimeOffset ReceivedAt,
    string Source,
    Envelope Envelope,
    Disposition Disposition = Disposition.Routed,
    string? ContentType = null,
    string? SignatureHeader = null,
    string? Signature = null,
    string? TraceParent = null,
    string? TraceState = null);

/// <summary>Whether an event is delivered. The numbers are stored.</summary>
internal enum Disposition
{
    Routed = 0,

    /// <summary>No route wanted it; kept, replayable once one does.</summary>
    Unrouted = 1,

    /// <summary>Its updatedAt is older than the journal's memory of keys; kept until a person releases it.</summary>
    Quarantined = 2,
}
