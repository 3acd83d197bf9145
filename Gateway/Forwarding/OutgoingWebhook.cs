namespace AngoGateway.Forwarding;

/// <summary>Everything a consumer gets of one webhook. The outgoing request is built from this and from nothing else.</summary>
/// <param name="Payload">The untouched bytes; must stay valid until the forward has returned.</param>
/// <param name="ContentType">As received; <c>application/json</c> when null or not a media type.</param>
/// <param name="SignatureHeader">Name of the header the signature came in; null for unsigned sources.</param>
/// <param name="Signature">That header's value, handed on so that a service that verified before still can.</param>
/// <param name="EventId">Sent as <c>X-Gateway-Event-Id</c>.</param>
/// <param name="DeliveryId">Sent as <c>X-Gateway-Delivery-Id</c>.</param>
/// <param name="Attempt">From 1; sent as <c>X-Gateway-Attempt</c>.</param>
/// <param name="Source">Sent as <c>X-Gateway-Source</c>.</param>
/// <param name="Project">Payload text; sent as <c>X-Gateway-Project</c> unless null or empty.</param>
/// <param name="TaskId">Payload text; sent as <c>X-Gateway-Task</c> unless null or empty.</param>
/// <param name="Stage">Payload text; sent as <c>X-Gateway-Stage</c> unless null or empty.</param>
internal sealed record OutgoingWebhook(
    ReadOnlyMemory<byte> Payload,
    string? ContentType,
    string? SignatureHeader,
    string? Signature,
    Guid EventId,
    string DeliveryId,
    int Attempt,
    string Source,
    string? Project,
    string? TaskId,
    string? Stage);
