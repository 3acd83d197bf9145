using AngoGateway.Envelopes;

namespace AngoGateway.Journal.Postgres;

/// <summary>Something that waits for a committer's next transaction, and for the commit.</summary>
/// <param name="size">Bytes of payload it keeps in memory while it waits.</param>
internal abstract class PostgresWrite(int size)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private int _state;

    public int Size => size;

    /// <summary>A committer's: false when it was abandoned first, and then its payload must not be touched.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>The waiter's: false when a committer has it already.</summary>
    protected bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

    /// <summary>After the commit.</summary>
    public abstract void Committed();

    /// <summary>It is not tried again; whether it was written is unknown when the connection was lost.</summary>
    public abstract void Refused(string fault);
}

/// <summary>An event with its key, payload and deliveries.</summary>
internal sealed class AppendWrite(StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, RecentPayloads recent)
    : PostgresWrite(payload.Length)
{
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StoredEvent Event => @event;

    public ReadOnlyMemory<byte> Payload => payload.Memory;

    public IReadOnlyList<NewDelivery> Deliveries => deliveries;

    /// <summary>Set before <see cref="Committed"/>.</summary>
    public AppendResult Result { get; set; }

    /// <summary>
    /// Ends early only while no committer has begun with it: afterwards the payload is being sent, and the caller may not
    /// give its memory back.
    /// </summary>
    public async Task<AppendResult> WaitAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (write, token) =>
            {
                var self = (AppendWrite)write!;
                if (self.TryAbandon())
                    self._done.TrySetCanceled(token);
            },
            this);
        return await _done.Task;
    }

    public override void Committed()
    {
        var waiting = deliveries.Count(static delivery => delivery.Done is null);
        if (waiting > 0 && Result.Status == AppendStatus.Accepted)
            recent.Keep(@event.Id, payload, waiting);

        _done.TrySetResult(Result);
    }

    public override void Refused(string fault) => _done.TrySetResult(new AppendResult(AppendStatus.Unavailable, Guid.Empty, fault));
}

/// <summary>The end of a lease: what became of the delivery, or nothing.</summary>
/// <param name="delivery">As it was leased.</param>
/// <param name="settlement">Null: pending as before.</param>
/// <param name="ended">Told the outcome before the waiter is: true when it is written or was not the holder's any more.</param>
internal sealed class SettleWrite(Delivery delivery, Settlement? settlement, Action<SettleWrite, bool> ended) : PostgresWrite(size: 0)
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Delivery Delivery => delivery;

    public Settlement? Settlement => settlement;

    /// <summary>Set before <see cref="Committed"/>: whether the lease was still the holder's.</summary>
    public bool Changed { get; set; }

    public Task<bool> Task => _done.Task;

    public override void Committed()
    {
        ended(this, true);
        _done.TrySetResult(Changed);
    }

    public override void Refused(string fault)
    {
        ended(this, false);
        _done.TrySetException(new JournalUnavailableException(fault));
        _ = _done.Task.Exception; // seen: nobody waits for a release
    }
}
