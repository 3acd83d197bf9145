using System.Diagnostics;
using AngoGateway.Telemetry;

namespace AngoGateway.Journal;

/// <summary>Trace contexts of the events in memory.</summary>
internal sealed partial class MemoryJournal
{
    // By task, oldest first: only those that were sampled.
    private readonly Dictionary<UInt128, List<MemoryEntry>> _traced = [];

    public ValueTask<ActivityContext> TraceOfAsync(Guid eventId, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult(_events.TryGetValue(eventId, out var entry) ? TraceOf(entry) : default);
    }

    public ValueTask<ActivityContext> PreviousTraceAsync(Guid eventId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(
                _events.TryGetValue(eventId, out var entry)
                && entry.Identity.Task is { } task
                && _traced.TryGetValue(task, out var traced)
                && traced.FindLast(earlier => earlier.Seq < entry.Seq) is { } previous
                    ? TraceOf(previous)
                    : default);
        }
    }

    private static ActivityContext TraceOf(MemoryEntry entry) => TraceContext.Stored(entry.Event.TraceParent, entry.Event.TraceState);

    private static bool IsTraced(MemoryEntry entry) => TraceOf(entry).TraceFlags.HasFlag(ActivityTraceFlags.Recorded);

    private void RememberTrace(MemoryEntry entry)
    {
        if (!IsTraced(entry) || entry.Identity.Task is not { } task)
            return;

        if (!_traced.TryGetValue(task, out var traced))
            _traced.Add(task, traced = []);

        traced.Add(entry);
    }

    private void ForgetTrace(MemoryEntry entry)
    {
        if (IsTraced(entry) && entry.Identity.Task is { } task && _traced.TryGetValue(task, out var traced)
            && traced.Remove(entry) && traced.Count == 0)
        {
            _traced.Remove(task);
        }
    }
}
