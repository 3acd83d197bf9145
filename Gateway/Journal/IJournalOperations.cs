namespace AngoGateway.Journal;

/// <summary>
/// The operator's side of the journal: what is there, what did not arrive, and how to mend it. Every journal implements it
/// beside <see cref="IJournal"/>; none of it is on the way of a webhook. Reads are short pages, changes are bounded steps
/// that share the writer with the accepts.
/// </summary>
internal interface IJournalOperations
{
    /// <summary>One row per consumer that has a delivery or a lane state, whether or not the configuration still names it.</summary>
    ValueTask<IReadOnlyList<ConsumerBacklog>> BacklogsAsync(CancellationToken cancellationToken);

    /// <summary>What it takes on its disk; null when it has none.</summary>
    JournalSize? Measure();

    /// <summary>Items that match, newest event first.</summary>
    /// <param name="filter">What to list.</param>
    /// <param name="after">The last item's <see cref="JournalItem.Cursor"/> of the page before; null for the first page.</param>
    /// <param name="limit">Of the page, 1 to 1000.</param>
    /// <param name="cancellationToken">Abandons the read.</param>
    ValueTask<IReadOnlyList<JournalItem>> ListAsync(JournalFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many items match.</summary>
    ValueTask<long> CountAsync(JournalFilter filter, CancellationToken cancellationToken);

    /// <summary>One event with all its deliveries and their attempts; null when there is none.</summary>
    ValueTask<EventHistory?> ReadEventAsync(Guid eventId, CancellationToken cancellationToken);

    /// <summary>Stores a replay of everything that matches now. It is carried out by <see cref="StepReplayAsync"/>, and goes on after a restart.</summary>
    ValueTask<ReplayJob> StartReplayAsync(ReplayOrder order, CancellationToken cancellationToken);

    /// <summary>
    /// Replays the next items in one transaction with the job's progress: after a crash none is left out and none done
    /// twice. A delivery item gets a new delivery (replay counted up, attempts from 0, budget from now) to its own consumer
    /// or to <see cref="ReplayOrder.To"/>; its old row, if dead or pending, becomes <see cref="DeliveryState.Replayed"/>
    /// (with <see cref="ReplayOrder.Beside"/> only a dead one at a consumer that gets it again). An
    /// unrouted or quarantined event gets the deliveries that <paramref name="route"/> (today's table) or To says, and its
    /// disposition becomes routed; when nobody wants it, it stays and counts as skipped. A consumer that has the event
    /// pending already is skipped.
    /// </summary>
    /// <returns>The job as it is now.</returns>
    ValueTask<ReplayJob> StepReplayAsync(
        Guid replayId, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route, CancellationToken cancellationToken);

    /// <summary>Running ones first, then the newest; a hundred at most.</summary>
    ValueTask<IReadOnlyList<ReplayJob>> ReplaysAsync(CancellationToken cancellationToken);

    /// <summary>Stops a running replay where it is; null when there is no such job.</summary>
    ValueTask<ReplayJob?> CancelReplayAsync(Guid replayId, CancellationToken cancellationToken);

    /// <summary>Gives up to <paramref name="limit"/> matching dead or pending deliveries up for good (state discarded) in one transaction.</summary>
    /// <returns>How many; fewer than the limit means that none is left.</returns>
    ValueTask<int> DiscardAsync(JournalFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The gateways that share this journal, oldest first; none when it has one owner.</summary>
    ValueTask<IReadOnlyList<Replica>> ReplicasAsync(CancellationToken cancellationToken);
}

/// <summary>Bytes on the disk.</summary>
/// <param name="File">The file of SQLite, without what is still in its log; in PostgreSQL all tables with their indexes.</param>
/// <param name="Log">What was not moved out of the log yet, and room for more; null in PostgreSQL, whose log is shared with others.</param>
internal readonly record struct JournalSize(long File, long? Log);

/// <summary>A gateway that shares a journal with others.</summary>
/// <param name="Id">New at each start.</param>
/// <param name="IsSelf">It is the one that was asked.</param>
/// <param name="Host">Its machine's name.</param>
/// <param name="Revision">Of the configuration it has in force.</param>
/// <param name="StartedAt">When it was first seen.</param>
/// <param name="SeenAt">When it last gave a sign of life; it is gone when that is longer ago than 20 s.</param>
internal sealed record Replica(Guid Id, bool IsSelf, string Host, string Revision, DateTimeOffset StartedAt, DateTimeOffset SeenAt);

/// <summary>What an operator looks for. All given fields must match; texts compare exactly, but stage matches any of stage, stage id and stage name.</summary>
/// <param name="State">Of deliveries, or unrouted and quarantined for events without any; null: deliveries of every state.</param>
/// <param name="From">Accepted at or after.</param>
/// <param name="To">Accepted before.</param>
/// <param name="Source">Name of the source.</param>
/// <param name="Project">Id of the project.</param>
/// <param name="Stage">Stage, stage id or stage name.</param>
/// <param name="Consumer">Name of the consumer; events without deliveries do not match.</param>
/// <param name="EventId">One event.</param>
/// <param name="Orphaned">Names of the consumers in force: only deliveries to others match.</param>
internal sealed record JournalFilter(
    ItemState? State = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Source = null,
    string? Project = null,
    string? Stage = null,
    string? Consumer = null,
    Guid? EventId = null,
    IReadOnlyCollection<string>? Orphaned = null);

internal enum ItemState
{
    Pending,
    Delivered,
    Dead,
    Superseded,
    Replayed,
    Discarded,
    Unrouted,
    Quarantined,
}

/// <summary>A delivery, or an event without deliveries (then the delivery's fields are null).</summary>
/// <param name="Cursor">Opaque: where the next page goes on.</param>
/// <param name="Event">The event.</param>
/// <param name="Size">Length of its payload in bytes.</param>
/// <param name="State">The delivery's, or unrouted or quarantined.</param>
/// <param name="DeliveryId">As <see cref="Delivery.Id"/>.</param>
/// <param name="Consumer">Name of the consumer.</param>
/// <param name="Attempts">Made so far.</param>
/// <param name="DueAt">While pending: when the next attempt is due (the Unix epoch: at once).</param>
/// <param name="SettledAt">When it stopped being pending.</param>
/// <param name="LastStatus">HTTP status of the last attempt; null when none was made or no response came.</param>
/// <param name="LastError">What failed in the last attempt, in words.</param>
internal sealed record JournalItem(
    string Cursor, StoredEvent Event, int Size, ItemState State, string? DeliveryId, string? Consumer, int Attempts,
    DateTimeOffset? DueAt, DateTimeOffset? SettledAt, int? LastStatus, string? LastError);

/// <summary>What waits for one consumer.</summary>
/// <param name="Consumer">Name of the consumer.</param>
/// <param name="Pending">Deliveries that wait, leased ones among them.</param>
/// <param name="OldestPending">When the oldest pending delivery's event was accepted.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="Lane">Paused, open circuit, or neither.</param>
internal sealed record ConsumerBacklog(string Consumer, long Pending, DateTimeOffset? OldestPending, long Dead, LaneState Lane);

/// <summary>One event's whole story.</summary>
internal sealed record EventHistory(StoredEvent Event, int Size, IReadOnlyList<DeliveryHistory> Deliveries);

/// <summary>One delivery of an event.</summary>
/// <param name="Id">As <see cref="Delivery.Id"/>.</param>
/// <param name="Consumer">Name of the consumer.</param>
/// <param name="Replay">0 for the first delivery, counted up by replays.</param>
/// <param name="State">Its state.</param>
/// <param name="Attempts">Made so far.</param>
/// <param name="QueuedAt">When its retry budget began.</param>
/// <param name="DueAt">While pending: when the next attempt is due (the Unix epoch: at once).</param>
/// <param name="SettledAt">When it stopped being pending.</param>
/// <param name="Tries">Oldest first.</param>
internal sealed record DeliveryHistory(
    string Id, string Consumer, int Replay, DeliveryState State, int Attempts, DateTimeOffset QueuedAt, DateTimeOffset? DueAt,
    DateTimeOffset? SettledAt, IReadOnlyList<Attempt> Tries);

/// <summary>What to replay, where to, how fast.</summary>
/// <param name="Filter">What to replay; a null state means dead.</param>
/// <param name="To">Consumers that get it instead of each item's own; null: its own.</param>
/// <param name="Rate">Items per second, 1 to 10000.</param>
/// <param name="Beside">
/// The event goes to these consumers too: what it has at others stays as it is, pending or dead. False: To gets it instead.
/// </param>
internal sealed record ReplayOrder(JournalFilter Filter, string[]? To = null, int Rate = 100, bool Beside = false);

internal enum ReplayState
{
    Running,
    Done,
    Cancelled,
}

/// <summary>A replay and how far it is.</summary>
/// <param name="Id">Of the job.</param>
/// <param name="Order">What was asked for.</param>
/// <param name="Total">Items that matched when it was started.</param>
/// <param name="Done">Items replayed so far.</param>
/// <param name="Skipped">Items that needed nothing: pending already, or wanted by nobody.</param>
/// <param name="State">Running until nothing is left.</param>
/// <param name="StartedAt">When it was asked for.</param>
internal sealed record ReplayJob(Guid Id, ReplayOrder Order, long Total, long Done, long Skipped, ReplayState State, DateTimeOffset StartedAt);
