using AngoGateway.Envelopes;
using Microsoft.Extensions.Caching.Memory;

namespace AngoGateway.Journal;

/// <summary>
/// Keys of recently committed events, so that a burst of repeats is answered without the disk. Only a hit decides: a
/// key that is not here may still be in the journal.
/// </summary>
/// <remarks>
/// A key is here only while its commit is done and none of its event's deliveries is dead: a repeat of an event with a
/// dead delivery must reach the writer, which revives it.
/// </remarks>
internal sealed class KeyCache : IDisposable
{
    // About 15 MB when full: a key, an id and the cache's own entry are some 150 bytes.
    private const int MaxKeys = 100_000;

    private static readonly MemoryCacheEntryOptions One = new() { Size = 1 };

    // Whenever it is full the cache puts all its keys in order of age, some 30 ms: half of them go at a time.
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.5 });

    public bool TryGet(EventKey key, out Guid eventId) => _cache.TryGetValue(Same(key), out eventId);

    public void Add(EventKey key, Guid eventId) => _cache.Set(Same(key), eventId, One);

    public void Remove(EventKey key) => _cache.Remove(Same(key));

    public void Dispose() => _cache.Dispose();

    // The digests of the two kinds of key never meet, so the store's unique key leaves the flag out; the same here.
    private static EventKey Same(EventKey key) => key with { ByContent = false };
}
