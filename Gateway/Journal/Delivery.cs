namespace AngoGateway.Journal;

/// <summary>The duty to bring one event to one consumer, as leased by a lane.</summary>
/// <param name="Event">The event.</param>
/// <param name="Size">Length of its payload in bytes.</param>
/// <param name="Consumer">Name of the consumer.</param>
/// <param name="Replay">0 for the first delivery, counted up by replays.</param>
/// <param name="Attempts">Attempts made so far; the fence of <see cref="IJournal.SettleAsync"/>.</param>
/// <param name="QueuedAt">When its retry budget began: acceptance, or a later revival.</param>
internal sealed record Delivery(StoredEvent Event, int Size, string Consumer, int Replay, int Attempts, DateTimeOffset QueuedAt)
{
    /// <summary>The journal's own number of the event; means nothing outside the journal that handed the delivery out.</summary>
    public long Seq { get; init; }

    /// <summary>It was in a lane's hands before and was put off: retried, deferred without an attempt, or revived.</summary>
    public bool WasPutOff { get; init; }

    /// <summary>Stable over all its attempts, unique over journals: <c>{eventId}.{consumer}</c>, a replay adds <c>.{n}</c>.</summary>
    public string Id => Replay == 0 ? $"{Event.Id:D}.{Consumer}" : $"{Event.Id:D}.{Consumer}.{Replay}";
}

/// <summary>The numbers are stored.</summary>
internal enum DeliveryState
{
    Pending = 0,
    Delivered = 1,
    Dead = 2,
    Superseded = 3,

    /// <summary>Was dead or pending; a newer delivery of the same event took its place.</summary>
    Replayed = 4,

    /// <summary>Given up for good by an operator.</summary>
    Discarded = 5,
}

/// <summary>A delivery to be stored with a new event.</summary>
/// <param name="Consumer">Name of the consumer.</param>
/// <param name="Done">Set in proxy mode: the attempt that has already delivered it; stored as delivered.</param>
/// <param name="NewestOnly">
/// The consumer skips what is superseded: this delivery ends pending ones to the same consumer whose event has the same
/// source, project, task and stage and an older updatedAt; and it is superseded at once when a newer one was there before.
/// Times compare as instants; one that does not parse supersedes nothing and is never superseded.
/// </param>
internal readonly record struct NewDelivery(string Consumer, Attempt? Done = null, bool NewestOnly = false);

/// <summary>One HTTP try of a delivery, with its outcome.</summary>
/// <param name="Number">From 1.</param>
/// <param name="At">When it began.</param>
/// <param name="Duration">Until its outcome was known.</param>
/// <param name="Address">The cluster's destination it went to; null when none was chosen.</param>
/// <param name="Status">The consumer's HTTP status; null when no response came.</param>
/// <param name="Error">What failed, in words; null on success.</param>
/// <param name="Response">The first part of the response body, as text; null when empty or none.</param>
internal sealed record Attempt(
    int Number, DateTimeOffset At, TimeSpan Duration, string? Address, int? Status, string? Error, string? Response);

/// <summary>What became of a leased delivery.</summary>
/// <param name="State">Its state from now on.</param>
/// <param name="DueAt">With <see cref="DeliveryState.Pending"/>: when to try again.</param>
/// <param name="Attempt">The attempt made; null when none was (no healthy address), and then the count stays.</param>
internal sealed record Settlement(DeliveryState State, DateTimeOffset? DueAt, Attempt? Attempt);
