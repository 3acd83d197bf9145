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
    public PlannedReplay Plan(ReplayOrder order, Func<StoredEvent, IReadOnlyList<NewDelivery>> route) => new(this, order.Beside, (order.To, Consumer) switch
    {
        ({ } to, _) => [.. to.Distinct(StringComparer.Ordinal).Select(consumer => new NewDelivery(consumer))],
        (null, { } own) => [new NewDelivery(own)],
        _ => route(Event),
    });
}

/// <param name="Item">What was found.</param>
/// <param name="Beside">As in the order.</param>
/// <param name="Targets">Who shall get it.</param>
internal sealed record PlannedReplay(ReplayItem Item, bool Beside, IReadOnlyList<NewDelivery> Targets)
{
    /// <summary>Whether a consumer gets a new delivery on account of this item.</summary>
    /// <param name="consumer">One of the targets.</param>
    /// <param name="isPending">It waits for the event already.</param>
    /// <param name="isDead">It has a dead delivery of the event: an item of its own.</param>
    public bool Gives(string consumer, bool isPending, bool isDead) => Beside
        ? !isPending && (!isDead || consumer == Item.Consumer)
        : !isPending || (consumer == Item.Consumer && Item.State == DeliveryState.Pending);

    /// <summary>Whether the new deliveries take the place of the item.</summary>
    public bool Replaces(IEnumerable<NewDelivery> given) =>
        Item.State is DeliveryState.Dead or DeliveryState.Pending
        && (!Beside || (Item.State == DeliveryState.Dead && given.Any(delivery => delivery.Consumer == Item.Consumer)));
}
