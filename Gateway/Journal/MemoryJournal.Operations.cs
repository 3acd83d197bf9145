namespace AngoGateway.Journal;

/// <summary>The operator's side.</summary>
internal sealed partial class MemoryJournal : IJournalOperations
{
    public ValueTask<IReadOnlyList<ConsumerBacklog>> BacklogsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ConsumerBacklog>>([]);

    public ValueTask<IReadOnlyList<JournalItem>> ListAsync(JournalFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<JournalItem>>([]);

    public ValueTask<long> CountAsync(JournalFilter filter, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public ValueTask<EventHistory?> ReadEventAsync(Guid eventId, CancellationToken cancellationToken) => ValueTask.FromResult<EventHistory?>(null);

    public ValueTask<ReplayJob> StartReplayAsync(ReplayOrder order, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ReplayJob> StepReplayAsync(
        Guid replayId, int limit, Func<StoredEvent, IReadOnlyList<NewDelivery>> route, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ReplayJob>> ReplaysAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ReplayJob>>([]);

    public ValueTask<ReplayJob?> CancelReplayAsync(Guid replayId, CancellationToken cancellationToken) => ValueTask.FromResult<ReplayJob?>(null);

    public ValueTask<int> DiscardAsync(JournalFilter filter, int limit, CancellationToken cancellationToken) => ValueTask.FromResult(0);
}
