using AngoGateway.Envelopes;

namespace AngoGateway.Bench.Limits;

/// <summary>
/// The least that durable acceptance takes, and what journals are compared with: one writer that appends all that waits to a
/// growing file in one gathered write, syncs once, and remembers keys in memory only.
/// </summary>
internal sealed class RawLog : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _waits = new(0);
    private readonly HashSet<UInt128> _keys = [];
    private readonly string _path;
    private readonly Task _writer;
    private List<(UInt128 Key, ReadOnlyMemory<byte> Payload, TaskCompletionSource Done)> _waiting = [];
    private long _commits;
    private bool _closed;

    public RawLog(string path)
    {
        _path = path;
        _writer = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Syncs so far.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Returns when it is on the disk, or was before.</summary>
    public async ValueTask AppendAsync(EventKey key, ReadOnlyMemory<byte> payload)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool first;
        lock (_gate)
        {
            _waiting.Add((key.Digest, payload, done));
            first = _waiting.Count == 1;
        }

        if (first)
        {
            _waits.Release();
        }

        await done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        _waits.Release();
        await _writer;
        _waits.Dispose();
    }

    private void Write()
    {
        using var file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        for (var offset = 0L; ;)
        {
            _waits.Wait();
            if (_closed)
            {
                return;
            }

            List<(UInt128 Key, ReadOnlyMemory<byte> Payload, TaskCompletionSource Done)> slice;
            lock (_gate)
            {
                (slice, _waiting) = (_waiting, []);
            }

            List<ReadOnlyMemory<byte>> fresh = [.. slice.Where(append => _keys.Add(append.Key)).Select(static append => append.Payload)];
            if (fresh.Count > 0)
            {
                RandomAccess.Write(file, fresh, offset);
                BareSyncs.Sync(file);
                offset += fresh.Sum(static payload => (long)payload.Length);
                Interlocked.Increment(ref _commits);
            }

            slice.ForEach(static append => append.Done.SetResult());
        }
    }
}
