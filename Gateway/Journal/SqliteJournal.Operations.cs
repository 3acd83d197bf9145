namespace AngoGateway.Journal;

/// <summary>The operator's side.</summary>
internal sealed partial class SqliteJournal : IJournalOperations
{
    public async ValueTask<IReadOnlyList<ConsumerBacklog>> BacklogsAsync(CancellationToken cancellationToken) =>
        await _readers.Read(reader => SqliteListing.Backlogs(reader.Connection, _lanes.All), cancellationToken);

    public JournalSize? Measure() => new JournalSize(Length(_connection.DataSource), Length(_connection.DataSource + "-wal"));

    public async ValueTask<IReadOnlyList<JournalItem>> ListAsync(JournalFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        await _readers.Read(reader => SqliteListing.Page(reader.Connection, filter, after, limit), cancellationToken);

    public ValueTask<long> CountAsync(JournalFilter filter, CancellationToken cancellationToken) =>
        _readers.Read(reader => SqliteListing.Count(reader.Connection, filter), cancellationToken);

    public ValueTask<EventHistory?> ReadEventAsync(Guid eventId, CancellationToken cancellationToken) =>
        _readers.Read(reader => SqliteListing.History(reader.Connection, eventId), cancellationToken);

    public async ValueTask<ReplayJob> StartReplayAsync(ReplayOrder order, CancellationToken cancellationToken)
    {
        var total = await CountAsync(order.Filter with { State = order.Filter.State ?? ItemState.Dead }, cancellationToken);
        var now = _books.Now;
        var job = new ReplayJob(Guid.CreateVersion7(now), order, total, 0, 0, ReplayState.Running, now);
        return await Write(rows => SqliteReplays.Start(_connection, rows, job));
    }

    public async ValueTask<ReplayJob> StepReplayAsync(
        Guid replayId, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route, CancellationToken cancellationToken)
    {
        var (progress, items) = await _readers.Read(
            reader =>
            {
                var progress = SqliteReplays.Find(reader.Connection, replayId) ?? throw NoReplay(replayId);
                var running = progress.Job.State == ReplayState.Running;
                return (progress, running ? SqliteReplays.Next(reader.Connection, progress, limit) : []);
            },
            cancellationToken);
        if (progress.Job.State != ReplayState.Running)
            return progress.Job;

        var plan = items.ConvertAll(item => item.Plan(progress.Job.Order, route));
        var woken = new List<string>();
        var job = await Write(
            rows =>
            {
                woken.Clear();
                return SqliteReplays.Step(_connection, rows, progress, plan, _books.Now, woken);
            },
            _ => woken.ForEach(_books.Signals.Pulse));
        return job ?? throw NoReplay(replayId);
    }

    public async ValueTask<IReadOnlyList<ReplayJob>> ReplaysAsync(CancellationToken cancellationToken) =>
        await _readers.Read(reader => SqliteReplays.All(reader.Connection), cancellationToken);

    public async ValueTask<ReplayJob?> CancelReplayAsync(Guid replayId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Write(_ => SqliteReplays.Cancel(_connection, replayId));
    }

    public async ValueTask<int> DiscardAsync(JournalFilter filter, int limit, CancellationToken cancellationToken)
    {
        if (filter.State is not (null or ItemState.Dead or ItemState.Pending))
            return 0;

        var discarded = 0;
        foreach (var state in filter.State is { } one ? [one] : new[] { ItemState.Dead, ItemState.Pending })
        {
            // A row that was settled between the look and the change is not counted; then there is another look.
            for (var found = int.MaxValue; discarded < limit && found > 0;)
            {
                var wanted = limit - discarded;
                var items = await _readers.Read(
                    reader => SqliteReplays.Items(reader.Connection, filter with { State = state }, 0, long.MaxValue, wanted), cancellationToken);
                discarded += await Write(rows => items.Count(item => Discard(rows, item)), count => Wake(count, items));
                found = items.Count < wanted ? 0 : items.Count;
            }
        }

        return discarded;
    }

    public ValueTask<IReadOnlyList<Replica>> ReplicasAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Replica>>([]);

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static KeyNotFoundException NoReplay(Guid id) => new($"There is no replay {id}.");

    private bool Discard(SqliteRows rows, ReplayItem item) => rows.End(
        item.Seq, item.Consumer!, item.Replay, TaskIdentity.Of(item.Event), item.State, DeliveryState.Discarded, _books.Now);

    // What was held back by a discarded one may be handed out now.
    private void Wake(int count, List<ReplayItem> items)
    {
        foreach (var consumer in items.Select(item => item.Consumer!).Distinct(StringComparer.Ordinal).Where(_ => count > 0))
            _books.Signals.Pulse(consumer);
    }
}
