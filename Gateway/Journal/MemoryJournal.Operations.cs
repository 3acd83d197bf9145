using System.Globalization;

namespace AngoGateway.Journal;

/// <summary>The operator's side.</summary>
internal sealed partial class MemoryJournal : IJournalOperations
{
    private const int KeptReplays = 100;

    private readonly List<Progress> _replays = [];

    public ValueTask<IReadOnlyList<ConsumerBacklog>> BacklogsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<ConsumerBacklog>>([.. _lanes
                .Where(lane => lane.Value.Rows > 0 || lane.Value.State != default)
                .OrderBy(lane => lane.Key, StringComparer.Ordinal)
                .Select(lane => new ConsumerBacklog(
                    lane.Key, lane.Value.Pending, lane.Value.Oldest?.Entry.Event.ReceivedAt, lane.Value.Dead, lane.Value.State))]);
        }
    }

    public JournalSize? Measure() => null;

    public ValueTask<IReadOnlyList<JournalItem>> ListAsync(JournalFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        var (seq, consumer, replay) = Cursor(after);
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<JournalItem>>([.. Matching(filter, NewestFirst())
                .Where(match => match.Entry.Seq < seq || (match.Entry.Seq == seq && match.Row is { } row
                    && (string.CompareOrdinal(row.Consumer, consumer), row.Replay.CompareTo(replay)).CompareTo((0, 0)) < 0))
                .Take(limit)
                .Select(match => Item(match.Entry, match.Row))]);
        }
    }

    public ValueTask<long> CountAsync(JournalFilter filter, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult(Matching(filter, _bySeq).LongCount());
    }

    public ValueTask<EventHistory?> ReadEventAsync(Guid eventId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_events.TryGetValue(eventId, out var entry)
                ? new EventHistory(entry.Event, entry.Payload.Length, [.. entry.Rows
                    .OrderBy(row => row.Consumer, StringComparer.Ordinal).ThenBy(row => row.Replay)
                    .Select(row => new DeliveryHistory(
                        Id(row), row.Consumer, row.Replay, row.State, row.Attempts, row.QueuedAt, DueAt(row), row.SettledAt, [.. row.Tries]))])
                : null);
        }
    }

    public ValueTask<ReplayJob> StartReplayAsync(ReplayOrder order, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var total = Matching(OrDead(order.Filter), _bySeq).LongCount();
            var job = new ReplayJob(Guid.CreateVersion7(Now), order, total, 0, 0, ReplayState.Running, Now);
            _replays.Insert(0, new Progress(job, 0, _lastSeq));
            while (_replays.Count > KeptReplays && _replays[^1].Job.State != ReplayState.Running)
                _replays.RemoveAt(_replays.Count - 1);

            return ValueTask.FromResult(job);
        }
    }

    public ValueTask<ReplayJob> StepReplayAsync(
        Guid replayId, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var at = _replays.FindIndex(replay => replay.Job.Id == replayId);
            if (at < 0)
                throw new KeyNotFoundException($"There is no replay {replayId}.");

            var progress = _replays[at];
            if (progress.Job.State == ReplayState.Running)
                _replays[at] = Step(progress, limit, route);

            return ValueTask.FromResult(_replays[at].Job);
        }
    }

    public ValueTask<IReadOnlyList<ReplayJob>> ReplaysAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult<IReadOnlyList<ReplayJob>>([.. _replays.Select(replay => replay.Job).OrderBy(job => job.State != ReplayState.Running).Take(KeptReplays)]);
    }

    public ValueTask<ReplayJob?> CancelReplayAsync(Guid replayId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var at = _replays.FindIndex(replay => replay.Job.Id == replayId);
            if (at >= 0 && _replays[at].Job.State == ReplayState.Running)
                _replays[at] = _replays[at] with { Job = _replays[at].Job with { State = ReplayState.Cancelled } };

            return ValueTask.FromResult(at < 0 ? null : _replays[at].Job);
        }
    }

    public ValueTask<int> DiscardAsync(JournalFilter filter, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var rows = Matching(filter, _bySeq)
                .Select(match => match.Row)
                .Where(row => row?.State is DeliveryState.Dead or DeliveryState.Pending)
                .Take(limit)
                .ToArray();
            foreach (var row in rows)
            {
                End(row!, DeliveryState.Discarded);
                _signals.Pulse(row!.Consumer);
            }

            return ValueTask.FromResult(rows.Length);
        }
    }

    public ValueTask<IReadOnlyList<Replica>> ReplicasAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Replica>>([]);

    private IEnumerable<MemoryEntry> NewestFirst()
    {
        for (var node = _bySeq.Last; node is not null; node = node.Previous)
            yield return node.Value;
    }

    private static JournalFilter OrDead(JournalFilter filter) => filter with { State = filter.State ?? ItemState.Dead };

    private static string Id(MemoryRow row) => new Delivery(row.Entry.Event, 0, row.Consumer, row.Replay, 0, default).Id;

    private static DateTimeOffset? DueAt(MemoryRow row) =>
        row.State == DeliveryState.Pending ? DateTimeOffset.FromUnixTimeMilliseconds(row.DueAt) : null;

    private static (long Seq, string Consumer, int Replay) Cursor(string? after)
    {
        var parts = after?.Split('.', 3) ?? [long.MaxValue.ToString(CultureInfo.InvariantCulture)];
        return long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            && int.TryParse(parts.ElementAtOrDefault(1) ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var replay)
            ? (seq, parts.ElementAtOrDefault(2) ?? "", replay)
            : throw new ArgumentException("Not a cursor of this journal.", nameof(after));
    }

    /// <summary>In the order of the entries; of one event by consumer, last first.</summary>
    private static IEnumerable<(MemoryEntry Entry, MemoryRow? Row)> Matching(JournalFilter filter, IEnumerable<MemoryEntry> entries)
    {
        var found = entries.Where(entry => MatchesEvent(filter, entry.Event));
        return filter.State is ItemState.Unrouted or ItemState.Quarantined
            ? found
                .Where(entry => filter is { Consumer: null, Orphaned: null }
                    && entry.Event.Disposition == (filter.State == ItemState.Unrouted ? Disposition.Unrouted : Disposition.Quarantined))
                .Select(entry => (entry, (MemoryRow?)null))
            : found.SelectMany(entry => entry.Rows
                .Where(row => filter.State is null || (int)filter.State == (int)row.State)
                .Where(row => filter.Consumer is null || filter.Consumer == row.Consumer)
                .Where(row => filter.Orphaned?.Contains(row.Consumer) != true)
                .OrderByDescending(row => row.Consumer, StringComparer.Ordinal).ThenByDescending(row => row.Replay)
                .Select(row => (entry, (MemoryRow?)row)));
    }

    private static bool MatchesEvent(JournalFilter filter, StoredEvent @event) =>
        (filter.EventId is null || filter.EventId == @event.Id)
        && (filter.From is null || @event.ReceivedAt >= filter.From)
        && (filter.To is null || @event.ReceivedAt < filter.To)
        && (filter.Source is null || filter.Source == @event.Source)
        && (filter.Project is null || filter.Project == @event.Envelope.Project)
        && (filter.Stage is null || filter.Stage == @event.Envelope.Stage || filter.Stage == @event.Envelope.StageId || filter.Stage == @event.Envelope.StageName);

    private static JournalItem Item(MemoryEntry entry, MemoryRow? row)
    {
        var seq = entry.Seq.ToString(CultureInfo.InvariantCulture);
        if (row is null)
        {
            var kept = entry.Event.Disposition == Disposition.Unrouted ? ItemState.Unrouted : ItemState.Quarantined;
            return new(seq, entry.Event, entry.Payload.Length, kept, null, null, 0, null, null, null, null);
        }

        var last = row.Tries.LastOrDefault();
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{seq}.{row.Replay}.{row.Consumer}"), entry.Event, entry.Payload.Length, (ItemState)row.State,
            Id(row), row.Consumer, row.Attempts, DueAt(row), row.SettledAt, last?.Status, last?.Error);
    }

    private Progress Step(Progress progress, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route)
    {
        var job = progress.Job;
        var left = Matching(OrDead(job.Order.Filter), _bySeq.Where(entry => entry.Seq > progress.Cursor && entry.Seq <= progress.LastSeq)).ToArray();
        var cut = left.Length > limit ? left[limit].Entry.Seq : long.MaxValue;
        var items = left.TakeWhile(match => match.Entry.Seq < cut).ToArray();
        if (items.Length == 0)
            items = left.TakeWhile(match => match.Entry.Seq == cut).ToArray();

        if (items.Length == 0)
            return progress with { Job = job with { State = ReplayState.Done } };

        var done = items.Count(match => Replay(match.Entry, match.Row, job.Order, route));
        return progress with
        {
            Cursor = items[^1].Entry.Seq,
            Job = job with { Done = job.Done + done, Skipped = job.Skipped + items.Length - done },
        };
    }

    private bool Replay(MemoryEntry entry, MemoryRow? row, ReplayOrder order, Func<StoredEvent, IReadOnlyList<NewDelivery>> route)
    {
        var item = new ReplayItem(entry.Seq, row?.Consumer, row?.Replay ?? 0, row?.State ?? default, entry.Event);
        var plan = item.Plan(order, route);
        var targets = plan.Targets
            .Where(target => plan.Gives(target.Consumer, Has(target, DeliveryState.Pending), Has(target, DeliveryState.Dead)))
            .ToArray();
        if (targets.Length == 0)
            return false;

        if (row is not null && plan.Replaces(targets))
            End(row, DeliveryState.Replayed);
        else if (row is null)
            entry.Event = entry.Event with { Disposition = Disposition.Routed };

        foreach (var target in targets)
        {
            var replay = entry.Rows.Where(other => other.Consumer == target.Consumer).Select(other => other.Replay).DefaultIfEmpty(-1).Max() + 1;
            Insert(entry, replay, target, Now);
        }

        return true;

        bool Has(NewDelivery target, DeliveryState state) =>
            entry.Rows.Exists(other => other.Consumer == target.Consumer && other.State == state);
    }

    private sealed record Progress(ReplayJob Job, long Cursor, long LastSeq);
}
