namespace AngoGateway.Journal;

/// <summary>
/// Events that were taken a moment ago and wait for their consumers, so that claiming a delivery need not read its event from the
/// store: 4,096 at most, each until the last of its deliveries has ended. What is not here is there.
/// </summary>
/// <remarks>As with <see cref="RecentPayloads"/>, one that has not waited long keeps its place: it is claimed before the later one.</remarks>
internal sealed class RecentEvents
{
    // A power of two. Some 1 KB each, at most 14.
    private const int Places = 4096;

    // Characters. A sender may write as much as a payload holds: the few events that are larger are read from the store.
    private const int MostText = 2048;
    private const int MostBatches = 32;

    private readonly Entry?[] _places = new Entry?[Places];

    /// <summary>Keeps an event that is durable from now on, unless its texts are large.</summary>
    /// <param name="seq">The store's number of it: no two are alike.</param>
    /// <param name="event">As it was stored.</param>
    /// <param name="size">Of its payload, in bytes.</param>
    /// <param name="deliveries">That wait, at least one.</param>
    public void Keep(long seq, StoredEvent @event, int size, int deliveries)
    {
        ref var place = ref Place(seq);
        var isTaken = Volatile.Read(ref place) is { } other && @event.ReceivedAt - other.Event.ReceivedAt <= RecentPayloads.Moment;
        if (!isTaken && IsSmall(@event))
            Volatile.Write(ref place, new Entry(seq, @event, size, deliveries));
    }

    /// <summary>The event and the size of its payload; null when it is not here.</summary>
    public (StoredEvent Event, int Size)? Find(long seq) => Volatile.Read(ref Place(seq)) is { } entry && entry.Seq == seq ? (entry.Event, entry.Size) : null;

    /// <summary>One of the event's deliveries has ended.</summary>
    public void Ended(long seq)
    {
        ref var place = ref Place(seq);
        if (Volatile.Read(ref place) is { } entry && entry.Seq == seq && entry.IsLast())
            Interlocked.CompareExchange(ref place, null, entry);
    }

    private static bool IsSmall(StoredEvent @event)
    {
        var envelope = @event.Envelope;
        var length = 0;
        foreach (var text in (ReadOnlySpan<string?>)
            [
                envelope.Project, envelope.TaskId, envelope.Stage, envelope.StageId, envelope.StageName, envelope.UpdatedAt,
                @event.ContentType, @event.Signature, @event.TraceState,
            ])
        {
            length += text?.Length ?? 0;
        }

        return length <= MostText && IsShort(envelope.Batches) && IsShort(envelope.BatchNames);
    }

    private static bool IsShort(string[] list) => list.Length <= MostBatches && list.Sum(static text => text.Length) <= MostText;

    private ref Entry? Place(long seq) => ref _places[seq & (Places - 1)];

    private sealed class Entry(long seq, StoredEvent @event, int size, int deliveries)
    {
        private int _deliveries = deliveries;

        public long Seq => seq;

        public StoredEvent Event => @event;

        public int Size => size;

        public bool IsLast() => Interlocked.Decrement(ref _deliveries) == 0;
    }
}
