using System.Collections.Concurrent;

namespace AngoGateway.Journal;

/// <summary>Wakes lanes: a pulse between two waits ends the second one at once, so no wake-up is lost.</summary>
internal sealed class WorkSignals(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);

    public void Pulse(string consumer) => _signals.GetOrAdd(consumer, static _ => New()).TrySetResult();

    /// <summary>Completes at the first pulse since the previous call returned, or after <paramref name="limit"/>.</summary>
    public async Task WaitAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken)
    {
        var signal = _signals.GetOrAdd(consumer, static _ => New());
        await signal.Task
            .WaitAsync(limit, timeProvider, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (signal.Task.IsCompleted)
        {
            // Several waiters of one pulse: the first renews the signal, the others find it renewed.
            _signals.TryUpdate(consumer, New(), signal);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
