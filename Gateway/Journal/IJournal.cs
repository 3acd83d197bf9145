using System.Diagnostics;
using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>The durable store of keys, events, deliveries and attempts; the only place where the two halves meet.</summary>
internal interface IJournal : IAsyncDisposable
{
    /// <summary>
    /// Takes an event, its key and its deliveries in one durable transaction and returns after the commit. A key that is
    /// there already changes nothing, but for reviving that event's dead deliveries (all, and only those): pending again, or
    /// superseded where their consumer was given a newer state of the task at that stage and wants the newest only.
    /// </summary>
    /// <param name="event">The event; its id is used only when the key is new.</param>
    /// <param name="payload">The caller's until the returned task completes, and after; the journal shares what it keeps of it.</param>
    /// <param name="deliveries">One per consumer; empty for unrouted and quarantined events.</param>
    /// <param name="cancellationToken">
    /// Withdraws what the writer has not begun with: nothing is stored then. Later it has no effect, because the payload
    /// is being read; the commit is waited for.
    /// </param>
    ValueTask<AppendResult> AppendAsync(
        StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken);

    /// <summary>The id of the event that holds this key; null when the key is new.</summary>
    ValueTask<Guid?> FindAsync(EventKey key, CancellationToken cancellationToken);

    /// <summary>The trace context stored with an event; default when it has none or is not there.</summary>
    ValueTask<ActivityContext> TraceOfAsync(Guid eventId, CancellationToken cancellationToken);

    /// <summary>
    /// The trace context of the event before this one of the same task (same source, project and taskId); default when
    /// there is none. One that was not sampled is passed over: nobody could look at it.
    /// </summary>
    ValueTask<ActivityContext> PreviousTraceAsync(Guid eventId, CancellationToken cancellationToken);

    /// <summary>
    /// Leases up to <paramref name="limit"/> due deliveries of one consumer: never-tried ones first, but a quarter of them
    /// retries when there are any, so that neither starves the other. A leased delivery is not handed out again until it
    /// is settled, released, or (after a crash) the journal is opened anew.
    /// </summary>
    /// <param name="consumer">Name of the consumer.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="inTaskOrder">
    /// One task's deliveries (same source, project and taskId) go one at a time, oldest updatedAt first, unparsable times
    /// by arrival before all others; one that waits for its retry holds back the later ones of its task, a dead one does not.
    /// </param>
    /// <param name="cancellationToken">Abandons the claim.</param>
    ValueTask<IReadOnlyList<Delivery>> ClaimAsync(string consumer, int limit, bool inTaskOrder, CancellationToken cancellationToken);

    /// <summary>Whether a consumer's lane is paused or its circuit open. Read from memory; cheap enough for every step of a lane.</summary>
    LaneState Lane(string consumer);

    /// <summary>Pauses a lane, or with null resumes it, over restarts; wakes the lane. Its circuit stays as it is.</summary>
    ValueTask SetPausedAsync(string consumer, DateTimeOffset? pausedAt, CancellationToken cancellationToken);

    /// <summary>Notes since when a lane's circuit has been open, or with null that it is closed, over restarts. Its pause stays as it is.</summary>
    ValueTask SetOpenAsync(string consumer, DateTimeOffset? openSince, CancellationToken cancellationToken);

    /// <summary>Brings an event's dead deliveries back to pending (all, and only those), as <see cref="AppendAsync"/> does for a known key.</summary>
    ValueTask ReviveAsync(Guid eventId, CancellationToken cancellationToken);

    /// <summary>The payload of a stored event; the caller disposes it.</summary>
    /// <exception cref="KeyNotFoundException">There is no such event.</exception>
    ValueTask<Payload> ReadPayloadAsync(Guid eventId, CancellationToken cancellationToken);

    /// <summary>Writes what became of a leased delivery and ends its lease; returns after the commit.</summary>
    /// <returns>False when the delivery was no longer leased at that attempt number: nothing was changed.</returns>
    /// <exception cref="JournalUnavailableException">Nothing was written and the lease goes on: settle again, or release.</exception>
    ValueTask<bool> SettleAsync(Delivery delivery, Settlement settlement, CancellationToken cancellationToken);

    /// <summary>Ends a lease without a trace: the delivery is pending as before.</summary>
    void Release(Delivery delivery);

    /// <summary>
    /// When the consumer's next unleased pending delivery is due (a never-tried one: since the Unix epoch); null when
    /// there is none. In task order only those count that no other delivery of their task holds back.
    /// </summary>
    ValueTask<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken);

    /// <summary>Completes when new work for the consumer was committed since the last call, or at the latest after <paramref name="limit"/>.</summary>
    Task WaitForWorkAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>
    /// Keys whose updatedAt lies before this may have been forgotten, so that an event from before it is quarantined. Never
    /// goes back, over restarts too: not when retention.keys is made longer, nor when a clock that was ahead is set right.
    /// </summary>
    DateTimeOffset ForgottenBefore { get; }

    /// <summary>Whether the journal took its last write; for <c>/readyz</c>.</summary>
    JournalHealth Health { get; }
}

/// <param name="Fault">Null when healthy, else what an operator should know (no payload, no secret).</param>
internal readonly record struct JournalHealth(string? Fault);

internal enum AppendStatus
{
    Accepted,
    Duplicate,

    /// <summary>Nothing was stored: disk full, file not writable, queue full, or the journal is closing. Answer 503.</summary>
    Unavailable,
}

/// <param name="Status">What happened.</param>
/// <param name="EventId">The new event's id, or on a duplicate the id of the event that holds the key.</param>
/// <param name="Fault">With <see cref="AppendStatus.Unavailable"/>: why.</param>
internal readonly record struct AppendResult(AppendStatus Status, Guid EventId, string? Fault = null);

/// <summary>What keeps a lane from working at full speed.</summary>
/// <param name="PausedAt">An operator paused it then; null when not paused.</param>
/// <param name="OpenSince">Its circuit has been open since; null when closed.</param>
internal readonly record struct LaneState(DateTimeOffset? PausedAt = null, DateTimeOffset? OpenSince = null);
