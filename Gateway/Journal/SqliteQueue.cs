using System.Diagnostics;

namespace AngoGateway.Journal;

/// <summary>What waits for the writer, bounded by count and by bytes. What the writer has in hand still counts.</summary>
internal sealed class SqliteQueue(int maxCount, long maxBytes)
{
    /// <summary>A transaction is cut here, so that small events do not wait behind a row of big ones.</summary>
    public const int SliceRows = 1024;
    public const int SliceBytes = 8 * 1024 * 1024;

    // A commit writes each page that it touches, however little of it: a dozen for one outcome, hardly more for one with an event or seven
    // other outcomes. While events come, an outcome waits so long for them.
    private const int Company = 8;
    private static readonly TimeSpan ForCompany = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan EventsCome = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private readonly Queue<SqliteWrite> _waiting = new();
    private int _count;
    private int _urgent;
    private long _lastEvent;
    private long _bytes;
    private string? _closed;

    /// <summary>Why nothing is taken any more; null while it is.</summary>
    public string? Closed => Volatile.Read(ref _closed);

    /// <summary>Takes an append.</summary>
    /// <returns>Why it was not taken; null when it was.</returns>
    public string? TryAdd(SqliteWrite write)
    {
        lock (_gate)
        {
            if (_count > 0 && (_count >= maxCount || _bytes + write.Size > maxBytes))
                return "The journal's queue is full: the disk is slower than what arrives.";

            _lastEvent = Stopwatch.GetTimestamp();
            return Add(write);
        }
    }

    /// <summary>Takes what is bounded by its own kind (settlements by the lanes): a full queue does not refuse it.</summary>
    public string? AddUnbounded(SqliteWrite write)
    {
        lock (_gate)
            return Add(write);
    }

    /// <summary>Waits for the next slice.</summary>
    /// <param name="slice">Filled; left empty when nothing came for <paramref name="patience"/>.</param>
    /// <param name="patience">How long to wait.</param>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool Take(List<SqliteWrite> slice, TimeSpan patience)
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && _closed is null)
                Monitor.Wait(_gate, patience);

            WaitForCompany();
            var bytes = 0L;
            while (slice.Count < SliceRows && _waiting.TryPeek(out var next) && (slice.Count == 0 || bytes + next.Size <= SliceBytes))
            {
                _waiting.Dequeue();
                _urgent -= next.CanWait ? 0 : 1;
                bytes += next.Size;
                if (next.TryTake())
                    slice.Add(next);
                else
                    Forget(next);
            }

            return slice.Count > 0 || _waiting.Count > 0 || _closed is null;
        }
    }

    /// <summary>The writer has done with these; before their waiters hear of it, or their next request would find the queue full of them.</summary>
    public void Done(IReadOnlyList<SqliteWrite> writes)
    {
        lock (_gate)
        {
            foreach (var write in writes)
                Forget(write);
        }
    }

    /// <summary>Refuses everything from now on; what waits is still written.</summary>
    public void Close(string reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            Monitor.PulseAll(_gate);
        }
    }

    private void WaitForCompany()
    {
        var began = Stopwatch.GetTimestamp();
        while (_urgent == 0 && _waiting.Count is > 0 and < Company && _closed is null && Stopwatch.GetElapsedTime(_lastEvent) < EventsCome)
        {
            var rest = ForCompany - Stopwatch.GetElapsedTime(began);
            if (rest < TimeSpan.FromMilliseconds(1) || !Monitor.Wait(_gate, rest))
                return;
        }
    }

    private string? Add(SqliteWrite write)
    {
        if (_closed is not null)
            return _closed;

        write.IsQueued = true;
        _urgent += write.CanWait ? 0 : 1;
        _waiting.Enqueue(write);
        _count++;
        _bytes += write.Size;

        // Nobody is woken only to wait on for company.
        if (!write.CanWait || _waiting.Count is 1 or Company)
            Monitor.Pulse(_gate);

        return null;
    }

    private void Forget(SqliteWrite write)
    {
        if (!write.IsQueued)
            return;

        write.IsQueued = false;
        _count--;
        _bytes -= write.Size;
    }
}
