using System.Collections.Concurrent;
using AngoGateway.Envelopes;

namespace AngoGateway.Ingress;

/// <summary>
/// Lets one request per event key through at a time, in proxy mode: concurrent copies wait for the first, and then see
/// in the journal whether it succeeded. Queue mode needs none of this: the journal's unique key decides.
/// </summary>
internal sealed class KeyTurns
{
    private readonly ConcurrentDictionary<EventKey, TaskCompletionSource> _turns = new();

    /// <summary>Waits until no other request holds the key. Disposing the turn, once or more often, lets the next one go.</summary>
    public async ValueTask<Turn> TakeAsync(EventKey key, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            var holder = _turns.GetOrAdd(key, mine);
            if (holder == mine)
            {
                return new Turn(this, key, mine);
            }

            await holder.Task.WaitAsync(cancellationToken);
        }
    }

    internal readonly struct Turn(KeyTurns owner, EventKey key, TaskCompletionSource mine) : IDisposable
    {
        public void Dispose()
        {
            owner._turns.TryRemove(KeyValuePair.Create(key, mine));
            mine.TrySetResult();
        }
    }
}
