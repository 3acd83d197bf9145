using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// Payloads of events that were taken or claimed a moment ago, up to 16 MiB, so that nobody reads from the store what is on its way to a
/// consumer: until the last of its deliveries has ended. What is not here is there.
/// </summary>
/// <remarks>
/// Where there is no room the older ones stay, because they are delivered first: to make room for each new one would be to let go of each
/// just before its turn. Those that have waited long, for a consumer that is slow or away, give way.
/// </remarks>
internal sealed class RecentPayloads(TimeProvider timeProvider) : IDisposable
{
    private const long MaxBytes = 16 * 1024 * 1024;

    // Room that new ones leave to those that are claimed, and so will be asked for at once.
    private const long ForClaimed = 4 * 1024 * 1024;

    /// <summary>After so long in memory the room is for others.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);

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
        lock (_gate)
            Add(eventId, payload, deliveries, MaxBytes - ForClaimed);
    }

    /// <summary>Whether the payload of a delivery that is claimed should be read now, with its others, and kept.</summary>
    public bool Wants(Guid eventId, int size)
    {
        lock (_gate)
            return !_byEvent.ContainsKey(eventId) && TryMakeRoom(size, MaxBytes, timeProvider.GetTimestamp());
    }

    /// <summary>Shares the payload of a delivery that is claimed, until that has ended.</summary>
    public void KeepClaimed(Guid eventId, Payload payload)
    {
        lock (_gate)
            Add(eventId, payload, deliveries: 1, MaxBytes);
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

    private void Add(Guid eventId, Payload payload, int deliveries, long most)
    {
        var now = timeProvider.GetTimestamp();
        if (_disposed || _byEvent.ContainsKey(eventId) || !TryMakeRoom(payload.Capacity, most, now))
            return;

        _byEvent.Add(eventId, _oldestFirst.AddLast(new Kept(eventId, payload.Share(), deliveries, now)));
        _bytes += payload.Capacity;
    }

    private bool TryMakeRoom(int bytes, long most, long now)
    {
        while (bytes <= most && _bytes + bytes > most
            && _oldestFirst.First is { } oldest && timeProvider.GetElapsedTime(oldest.ValueRef.Since, now) > Moment)
        {
            Forget(oldest);
        }

        return _bytes + bytes <= most;
    }

    private void Forget(LinkedListNode<Kept> kept)
    {
        var (eventId, payload, _, _) = kept.Value;
        _oldestFirst.Remove(kept);
        _byEvent.Remove(eventId);
        _bytes -= payload.Capacity;
        payload.Dispose();
    }

    /// <param name="EventId">Whose it is.</param>
    /// <param name="Payload">A share of its own.</param>
    /// <param name="Deliveries">That have not ended.</param>
    /// <param name="Since">A timestamp of the clock.</param>
    private record struct Kept(Guid EventId, Payload Payload, int Deliveries, long Since);
}
