using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// Payloads of events that were taken a moment ago, up to 16 MiB, so that nobody reads from the store what is on its way to a consumer:
/// until the last of its deliveries has ended, or others need the room. What is not here is there.
/// </summary>
internal sealed class RecentPayloads : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, LinkedListNode<Kept>> _byEvent = [];
    private readonly LinkedList<Kept> _oldestFirst = new();
    private long _bytes;
    private bool _disposed;

    /// <summary>Shares the payload of an event that is durable from now on.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="payload">The caller's still.</param>
    /// <param name="deliveries">That wait, at least one.</param>
    public void Keep(Guid eventId, Payload payload, int deliveries)
    {
        if (payload.Capacity > MaxBytes)
            return;

        lock (_gate)
        {
            if (_disposed || _byEvent.ContainsKey(eventId))
                return;

            _byEvent.Add(eventId, _oldestFirst.AddLast(new Kept(eventId, payload.Share(), deliveries)));
            _bytes += payload.Capacity;
            while (_bytes > MaxBytes)
                Forget(_oldestFirst.First!);
        }
    }

    /// <summary>A share of the payload, to be disposed of; null when it is not here.</summary>
    public Payload? Find(Guid eventId)
    {
        lock (_gate)
            return _byEvent.TryGetValue(eventId, out var kept) ? kept.Value.Payload.Share() : null;
    }

    /// <summary>One of the event's deliveries has ended.</summary>
    public void Ended(Guid eventId)
    {
        lock (_gate)
        {
            if (_byEvent.TryGetValue(eventId, out var kept) && --kept.ValueRef.Deliveries == 0)
                Forget(kept);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_oldestFirst.First is { } oldest)
                Forget(oldest);
        }
    }

    private void Forget(LinkedListNode<Kept> kept)
    {
        var (eventId, payload, _) = kept.Value;
        _oldestFirst.Remove(kept);
        _byEvent.Remove(eventId);
        _bytes -= payload.Capacity;
        payload.Dispose();
    }

    /// <param name="EventId">Whose it is.</param>
    /// <param name="Payload">A share of its own.</param>
    /// <param name="Deliveries">That have not ended.</param>
    private record struct Kept(Guid EventId, Payload Payload, int Deliveries);
}
