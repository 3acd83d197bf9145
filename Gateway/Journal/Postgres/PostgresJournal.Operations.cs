using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>The operator's side.</summary>
internal sealed partial class PostgresJournal : IJournalOperations
{
    public async ValueTask<IReadOnlyList<ConsumerBacklog>> BacklogsAsync(CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresListing.BacklogsAsync(connection, _lanes.All, token), cancellationToken);

    public JournalSize? Measure() => _upkeep.Size;

    public async ValueTask<IReadOnlyList<JournalItem>> ListAsync(JournalFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresListing.PageAsync(connection, filter, after, limit, token), cancellationToken);

    public async ValueTask<long> CountAsync(JournalFilter filter, CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresListing.CountAsync(connection, filter, token), cancellationToken);

    public async ValueTask<EventHistory?> ReadEventAsync(Guid eventId, CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresListing.HistoryAsync(connection, eventId, token), cancellationToken);

    public async ValueTask<ReplayJob> StartReplayAsync(ReplayOrder order, CancellationToken cancellationToken)
    {
        var total = await CountAsync(order.Filter with { State = order.Filter.State ?? ItemState.Dead }, cancellationToken);
        var now = _timeProvider.GetUtcNow();
        var job = new ReplayJob(Guid.CreateVersion7(now), order, total, 0, 0, ReplayState.Running, DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()));
        return await _database.OperatorAsync((connection, token) => PostgresReplays.StartAsync(connection, job, token), cancellationToken);
    }

    public async ValueTask<ReplayJob> StepReplayAsync(
        Guid replayId, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route, CancellationToken cancellationToken)
    {
        var (job, step) = await _database.OperatorAsync(
            async (connection, token) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(token);
                var (progress, isMine) = await PostgresReplays.TakeAsync(connection, replayId, Id, _database.Now, token);
                if (progress is null)
                    throw new KeyNotFoundException($"There is no replay {replayId}.");

                if (!isMine)
                    return (progress.Job, (PostgresReplayStep?)null);

                var items = await PostgresReplays.NextAsync(connection, progress, limit, token);
                var step = new PostgresReplayStep(connection, _database.Now);
                var done = await step.RunAsync(items.ConvertAll(item => item.Plan(progress.Job.Order, route)), token);
                var job = progress.Job with
                {
                    Done = progress.Job.Done + done,
                    Skipped = progress.Job.Skipped + items.Count - done,
                    State = items.Count == 0 ? ReplayState.Done : ReplayState.Running,
                };
                await using var batch = new NpgsqlBatch(connection);
                PostgresReplays.AddProgress(batch, job, items.Count == 0 ? progress.Cursor : items[^1].Seq);
                await batch.ExecuteNonQueryAsync(token);
                await transaction.CommitAsync(token);
                return (job, step);
            },
            cancellationToken);
        step?.Ends.Committed();
        _signals.Announce(step?.Woken ?? []);
        return job;
    }

    public async ValueTask<IReadOnlyList<ReplayJob>> ReplaysAsync(CancellationToken cancellationToken) =>
        await _database.OperatorAsync(PostgresReplays.AllAsync, cancellationToken);

    public async ValueTask<ReplayJob?> CancelReplayAsync(Guid replayId, CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresReplays.CancelAsync(connection, replayId, token), cancellationToken);

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
                var items = await _database.OperatorAsync(
                    (connection, token) => PostgresReplays.ItemsAsync(connection, filter with { State = state }, 0, long.MaxValue, wanted, token), cancellationToken);
                discarded += await DiscardAsync(items, cancellationToken);
                found = items.Count < wanted ? 0 : items.Count;
            }
        }

        return discarded;
    }

    public async ValueTask<IReadOnlyList<Replica>> ReplicasAsync(CancellationToken cancellationToken) =>
        await _database.OperatorAsync((connection, token) => PostgresReplicas.ReadAsync(connection, Id, _database.Now, _timeProvider, token), cancellationToken);

    private async Task<int> DiscardAsync(List<ReplayItem> items, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
            return 0;

        var (count, ends) = await _database.OperatorAsync(
            async (connection, token) =>
            {
                var ends = new PostgresEnds();
                await using var batch = new NpgsqlBatch(connection);
                PostgresReplayStep.AddEnd(batch, _database.Now, items.ConvertAll(item => (item.Event.Id, item.Consumer!, item.Replay)), DeliveryState.Discarded);
                await using var row = await batch.ExecuteReaderAsync(token);
                await ends.AddAllAsync(row, DeliveryState.Discarded, token);
                return (ends.Count, ends);
            },
            cancellationToken);
        ends.Committed();

        // What was held back by a discarded one may be handed out now.
        if (count > 0)
            _signals.Announce(items.Select(item => item.Consumer!).Distinct(StringComparer.Ordinal));

        return count;
    }
}
