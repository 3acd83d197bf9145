namespace AngoGateway.Journal;

/// <summary>What the memory journal forgets, and when.</summary>
internal sealed partial class MemoryJournal
{
    private const long MaxSettledBytes = 16 * 1024 * 1024;

    // Few: what outlives the collector's first generation costs much more than what does not.
    private const int MaxSettled = 256;

    // Of an event beside its payload: its texts, its place among the others, one delivery with its attempt.
    private const int EntryBytes = 2048;

    private readonly Queue<MemoryEntry> _settled = new();
    private readonly Queue<(DateTimeOffset Since, MemoryEntry Entry)> _kept = new();
    private DateTimeOffset _forgottenBefore = DateTimeOffset.MinValue;
    private long _settledBytes;

    public DateTimeOffset ForgottenBefore
    {
        get
        {
            lock (_gate)
                return _forgottenBefore;
        }
    }

    private void CountSettled(MemoryEntry entry)
    {
        if (entry.IsLeaving || !entry.IsSettled)
            return;

        entry.IsLeaving = true;
        _settled.Enqueue(entry);
        _settledBytes += EntryBytes + entry.Payload.Capacity;
    }

    private void Forget()
    {
        var (now, terms) = (Now, retention());
        while (_settled.TryPeek(out var oldest)
            && (oldest.Event.ReceivedAt < now - terms.Events || _settled.Count > MaxSettled || _settledBytes > MaxSettledBytes))
        {
            _settled.Dequeue();
            _settledBytes -= EntryBytes + oldest.Payload.Capacity;
            oldest.IsLeaving = false;
            if (oldest.IsSettled)
                Remove(oldest);
        }

        var cutoff = now - terms.DeadLetters;
        while (_kept.TryPeek(out var kept) && kept.Since < cutoff)
        {
            _kept.Dequeue();
            if (!kept.Entry.Rows.Exists(row => row.State == DeliveryState.Pending || (row.State == DeliveryState.Dead && row.SettledAt >= cutoff)))
                Remove(kept.Entry);
        }

        cutoff = now - terms.Keys;
        if (_keys.Forget(cutoff, _events) && _forgottenBefore < cutoff)
            _forgottenBefore = cutoff;
    }

    private void Remove(MemoryEntry entry)
    {
        if (!_events.Remove(entry.Event.Id))
            return;

        _bySeq.Remove(entry.InOrder);
        ForgetTrace(entry);
        entry.Payload.Dispose();
        foreach (var row in entry.Rows)
        {
            var lane = LaneOf(row.Consumer);
            lane.Rows--;
            lane.Dead -= row.State == DeliveryState.Dead ? 1 : 0;
        }
    }
}
