using System.Threading.Channels;

namespace AngoGateway.Journal.Postgres;

/// <summary>What waits for the committers, bounded by count and by bytes. What they have in hand still counts.</summary>
internal sealed class PostgresQueue<T>(int maxCount, long maxBytes)
    where T : PostgresWrite
{
    /// <summary>More rows in a transaction are no cheaper, and a sequence number is taken for so many at most.</summary>
    public const int SliceRows = 256;

    /// <summary>A transaction is cut here, so that small events do not wait behind a row of big ones.</summary>
    public const int SliceBytes = 8 * 1024 * 1024;

    private readonly Channel<T> _waiting = Channel.CreateUnbounded<T>();
    private readonly Lock _gate = new();
    private int _count;
    private long _bytes;
    private string? _closed;

    /// <summary>Why nothing is taken any more; null while it is.</summary>
    public string? Closed => Volatile.Read(ref _closed);

    /// <summary>Takes a write.</summary>
    /// <returns>Why it was not taken; null when it was.</returns>
    public string? TryAdd(T write)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return _closed;

            if (_count > 0 && (_count >= maxCount || _bytes + write.Size > maxBytes))
                return "The journal's queue is full: the database is slower than what arrives.";

            _count++;
            _bytes += write.Size;
            _waiting.Writer.TryWrite(write);
            return null;
        }
    }

    /// <summary>Waits for the next slice and takes it.</summary>
    /// <returns>Null when the queue is closed and empty.</returns>
    public async Task<List<T>?> TakeAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            if (Take() is { Count: > 0 } slice)
                return slice;
        }

        return null;
    }

    /// <summary>A committer has done with these; before their waiters hear of it, or their next request would find the queue full of them.</summary>
    public void Done(IReadOnlyList<T> writes)
    {
        lock (_gate)
        {
            _count -= writes.Count;
            foreach (var write in writes)
                _bytes -= write.Size;
        }
    }

    /// <summary>Refuses everything from now on; what waits is still written.</summary>
    public void Close(string reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            _waiting.Writer.TryComplete();
        }
    }

    private List<T> Take()
    {
        var slice = new List<T>();
        var bytes = 0L;
        lock (_gate)
        {
            while (slice.Count < SliceRows && _waiting.Reader.TryPeek(out var next) && (slice.Count == 0 || bytes + next.Size <= SliceBytes))
            {
                _waiting.Reader.TryRead(out _);
                if (next.TryTake())
                {
                    slice.Add(next);
                    bytes += next.Size;
                }
                else
                {
                    _count--;
                    _bytes -= next.Size;
                }
            }
        }

        return slice;
    }
}
