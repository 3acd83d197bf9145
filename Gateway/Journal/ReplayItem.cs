namespace AngoGateway.Journal;

/// <summary>What a replay has found.</summary>
/// <param name="Seq">Number of the event.</param>
/// <param name="Consumer">Of the delivery; null when the event has none.</param>
/// <param name="Replay">Of the delivery.</param>
/// <param name="State">Of the delivery.</param>
/// <param name="Event">The event.</param>
internal sealed record ReplayItem(long Seq, string? Consumer, int Replay, DeliveryState State, StoredEvent Event)
{
    /// <summary>Who shall get it.</summary>
    public PlannedReplay Plan(ReplayOrder order, Func<StoredEvent, IReadOnlyList<NewDelivery>> route) => new(this, (order.To, Consumer) switch
    {
        ({ } to, _) => [.. to.Distinct(StringComparer.Ordinal).Select(consumer => new NewDelivery(consumer))],
        (null, { } own) => [new NewDelivery(own)],
        _ => route(Event),
    });
}

internal sealed record PlannedReplay(ReplayItem Item, IReadOnlyList<NewDelivery> Targets);
