using System.Diagnostics;
using AngoGateway.Forwarding;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>An attempt that was made and is not yet written down.</summary>
/// <param name="Delivery">Leased still.</param>
/// <param name="Span">Not yet ended; null when nobody listens.</param>
internal sealed record Tried(Delivery Delivery, Activity? Span)
{
    /// <summary>What came back from the consumer; null when it failed inside the gateway.</summary>
    public ForwardOutcome? Forwarded { get; init; }

    /// <summary>What follows.</summary>
    public AttemptOutcome Outcome { get; init; } = new(AttemptResult.Abandoned);

    /// <summary>How long the consumer took.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>To be written; null when the delivery is pending as before.</summary>
    public Attempt? Attempt { get; init; }
}
