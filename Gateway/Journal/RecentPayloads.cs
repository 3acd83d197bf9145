using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// Payloads of events that were taken a moment ago, up to 16 MiB, so that nobody reads from the store what is on its way to a consumer.
/// What is not here is there.
/// </summary>
internal sealed class RecentPayloads : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Payload> _byEvent = [];
    private readonly Queue<Guid> _oldestFirst = new();
    private long _bytes;
    private bool _disposed;

    /// <summary>Shares the payload of an event that is durable from now on.</summary>
    public void Keep(Guid eventId, Payload payload)
    {
        if (payload.Capacity > MaxBytes)
            return;

        lock (_gate)
        {
            if (_disposed || !_byEvent.TryAdd(eventId, payload))
                return;

            payload.Share();
            _oldestFirst.Enqueue(eventId);
            for (_bytes += payload.Capacity; _bytes > MaxBytes;)
                Forget(_oldestFirst.Dequeue());
        }
    }

    /// <summary>A share of the payload, to be disposed of; null when it is not here.</summary>
    public Payload? Find(Guid eventId)
    {
        lock (_gate)
            return _byEvent.TryGetValue(eventId, out var payload) ? payload.Share() : null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_oldestFirst.TryDequeue(out var eventId))
                Forget(eventId);
        }
    }

    private void Forget(Guid eventId)
    {
        _byEvent.Remove(eventId, out var payload);
        _bytes -= payload!.Capacity;
        payload.Dispose();
    }
}
