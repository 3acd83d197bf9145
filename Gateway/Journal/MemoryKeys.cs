using System.Collections.Concurrent;
using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// The keys that the memory journal remembers and since when, as small as they can be: there is one for each event of the term of keys.
/// The journal's lock guards them.
/// </summary>
internal sealed class MemoryKeys
{
    // Each grows by itself: one table of a million keys would keep everybody waiting while it moves.
    private const int Tables = 64;

    // A key's digest and time in one number: a key as it is takes three times the room.
    private readonly Dictionary<UInt128, Guid>[] _tables = [.. Enumerable.Range(0, Tables).Select(static _ => new Dictionary<UInt128, Guid>())];

    // Unlike Queue it grows by one more segment and copies nothing.
    private readonly ConcurrentQueue<Remembered> _oldestFirst = new();

    /// <summary>The event that has the key; null when it is not known.</summary>
    public Guid? Find(EventKey key) => Find(Folded(key));

    /// <summary>Remembers the key of a new event.</summary>
    public void Add(StoredEvent @event)
    {
        var key = Folded(@event.Key);
        Table(key).Add(key, @event.Id);
        _oldestFirst.Enqueue(new Remembered(@event.ReceivedAt.ToUnixTimeMilliseconds(), @event.Key.UpdatedAtMs, key));
    }

    /// <summary>Forgets keys that came before a time and are of an older updatedAt, as long as their events are gone too.</summary>
    /// <param name="cutoff">The end of their term.</param>
    /// <param name="kept">The events that are still there.</param>
    /// <returns>Whether any was forgotten.</returns>
    public bool Forget(DateTimeOffset cutoff, Dictionary<Guid, MemoryEntry> kept)
    {
        var cutoffMs = cutoff.ToUnixTimeMilliseconds();
        var any = false;
        while (_oldestFirst.TryPeek(out var oldest) && oldest.SinceMs < cutoffMs && Find(oldest.Key) is { } eventId && !kept.ContainsKey(eventId))
        {
            _oldestFirst.TryDequeue(out _);
            any |= oldest.UpdatedAtMs != 0 && oldest.UpdatedAtMs < cutoffMs && Table(oldest.Key).Remove(oldest.Key);
        }

        return any;
    }

    private static UInt128 Folded(EventKey key) => key.Digest ^ (ulong)key.UpdatedAtMs;

    private Guid? Find(UInt128 key) => Table(key).TryGetValue(key, out var eventId) ? eventId : null;

    private Dictionary<UInt128, Guid> Table(UInt128 key) => _tables[(int)(key >> 64) & (Tables - 1)];

    private readonly record struct Remembered(long SinceMs, long UpdatedAtMs, UInt128 Key);
}
