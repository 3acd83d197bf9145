using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>Something that waits for the writer's next transaction, and for the commit.</summary>
/// <param name="size">Bytes of payload it keeps in memory while it waits.</param>
internal abstract class SqliteWrite(int size)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private int _state;

    public int Size => size;

    /// <summary>Nobody outside waits for it: it may be a little later for being committed together with others.</summary>
    public virtual bool CanWait => false;

    /// <summary>Set by the queue that counts it.</summary>
    public bool IsQueued { get; set; }

    /// <summary>The writer's: false when it was abandoned first, and then its payload must not be touched.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>The waiter's: false when the writer has it already.</summary>
    protected bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

    /// <summary>Within the transaction; may run again after a rollback.</summary>
    public abstract void Execute(SqliteRows rows);

    /// <summary>After the commit.</summary>
    public abstract void Committed();

    /// <summary>Nothing of it was written, and it is not tried again.</summary>
    public abstract void Refused(string fault);
}

/// <summary>An event with its key, payload and deliveries.</summary>
internal sealed class AppendWrite(
    StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, SqliteBookkeeping books)
    : SqliteWrite(payload.Length)
{
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _woken = new(deliveries.Count);
    private AppendResult _result;
    private long _seq;

    /// <summary>
    /// Ends early only while the writer has not begun with it: afterwards the payload is being read, and the caller may
    /// not give its memory back.
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

    public override void Execute(SqliteRows rows)
    {
        _woken.Clear();
        _result = rows.Append(@event, payload.Span, deliveries, books.Now, _woken);
        _seq = rows.LastSeq;
    }

    public override void Committed()
    {
        books.Keys.Add(@event.Key, _result.EventId);
        if (_woken.Count > 0 && _result.Status == AppendStatus.Accepted)
        {
            books.RecentEvents.Keep(_seq, @event, payload.Length, _woken.Count);
            books.RecentPayloads.Keep(@event.Id, payload, _woken.Count);
        }

        foreach (var consumer in _woken)
            books.Signals.Pulse(consumer);

        if (_result.Status == AppendStatus.Accepted)
            DeliveryLag.Record(@event, deliveries);

        _done.TrySetResult(_result);
    }

    public override void Refused(string fault) => _done.TrySetResult(new AppendResult(AppendStatus.Unavailable, Guid.Empty, fault));
}

/// <summary>What became of a leased delivery.</summary>
internal sealed class SettleWrite(Delivery delivery, Settlement settlement, SqliteBookkeeping books) : SqliteWrite(size: 0)
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _changed;
    private bool _wakes;

    public Task<bool> Task => _done.Task;

    public override bool CanWait => true;

    public override void Execute(SqliteRows rows) => _changed = rows.Settle(delivery, settlement, books.Now, out _wakes);

    public override void Committed()
    {
        // Before the lease ends: a repeat that comes from now on must reach the writer, which revives.
        if (_changed && settlement.State == DeliveryState.Dead)
            books.Keys.Remove(delivery.Event.Key);

        if (_changed && settlement.State == DeliveryState.Delivered)
            DeliveryLag.Record(delivery, books.Now);

        if (_changed && settlement.State != DeliveryState.Pending)
        {
            books.RecentEvents.Ended(delivery.Seq);
            books.RecentPayloads.Ended(delivery.Event.Id);
        }

        books.Leases.EndSettle(delivery);
        if (_wakes)
            books.Signals.Pulse(delivery.Consumer);

        _done.TrySetResult(_changed);
    }

    public override void Refused(string fault)
    {
        books.Leases.UndoSettle(delivery);
        _done.TrySetException(new JournalUnavailableException(fault));
    }
}

/// <summary>Something a person or a lane asked for beside the events.</summary>
/// <param name="body">Within the transaction; may run again after a rollback.</param>
/// <param name="committed">After the commit, before the waiter is told.</param>
internal sealed class OtherWrite<T>(Func<SqliteRows, T> body, Action<T>? committed = null) : SqliteWrite(size: 0)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _done.Task;

    public override void Execute(SqliteRows rows) => _result = body(rows);

    public override void Committed()
    {
        committed?.Invoke(_result!);
        _done.TrySetResult(_result!);
    }

    public override void Refused(string fault) => _done.TrySetException(new JournalUnavailableException(fault));
}

/// <summary>Upkeep between the events: pruning, probing.</summary>
internal sealed class UpkeepWrite(Action body, Action<string>? refused = null) : SqliteWrite(size: 0)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _done.Task;

    public override void Execute(SqliteRows rows) => body();

    public override void Committed() => _done.TrySetResult();

    public override void Refused(string fault)
    {
        refused?.Invoke(fault);
        _done.TrySetException(new JournalUnavailableException(fault));
        _ = _done.Task.Exception; // seen: most upkeep is waited for by nobody
    }
}

/// <summary>What the journal keeps in memory beside the file. All of it is rebuilt from nothing at a start.</summary>
internal sealed class SqliteBookkeeping(TimeProvider timeProvider) : IDisposable
{
    private long _forgottenBefore = long.MinValue;

    public DateTimeOffset Now => timeProvider.GetUtcNow();

    public KeyCache Keys { get; } = new();

    public Leases Leases { get; } = new();

    public RecentEvents RecentEvents { get; } = new();

    public RecentPayloads RecentPayloads { get; } = new(timeProvider);

    public WorkSignals Signals { get; } = new(timeProvider);

    /// <summary>Unix milliseconds; as in the table forgotten.</summary>
    public long ForgottenBefore
    {
        get => Interlocked.Read(ref _forgottenBefore);
        set => Interlocked.Exchange(ref _forgottenBefore, value);
    }

    /// <summary>Set once the file is made smaller: from then on a shorter file is nothing strange.</summary>
    public bool Shrinks { get; set; }

    public void Dispose()
    {
        Keys.Dispose();
        RecentPayloads.Dispose();
    }
}
