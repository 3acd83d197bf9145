using System.Collections.Concurrent;
using System.Diagnostics;
using AngoGateway.Envelopes;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// The journal in a PostgreSQL database that several gateways share: a few committers that write all that waits, leases that
/// the others see, and news of each other. What durable means here, and the figures: docs/journal.md.
/// </summary>
internal sealed partial class PostgresJournal : IJournal
{
    private const int Committers = 3;
    private const int Settlers = 2;

    // Settlements are bounded by the lanes.
    private const int MaxSettling = 1_000_000;

    private static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    // What an end may take beyond what waits: the database may be away.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly PostgresDatabase _database;
    private readonly TimeProvider _timeProvider;
    private readonly RecentPayloads _recent;
    private readonly PostgresQueue<AppendWrite> _appends;
    private readonly PostgresQueue<SettleWrite> _settlements = new(MaxSettling, long.MaxValue);
    private readonly PostgresCommitters<AppendWrite> _committers;
    private readonly PostgresCommitters<SettleWrite> _settlers;
    private readonly PostgresDuplicates _duplicates;
    private readonly PostgresLeases _leases;
    private readonly PostgresClaims _claims;
    private readonly PostgresLanes _lanes;
    private readonly PostgresSignals _signals;
    private readonly PostgresWatch _watch;
    private readonly PostgresReplicas _replicas;
    private readonly PostgresUpkeep _upkeep;
    private readonly ConcurrentDictionary<SettleWrite, bool> _releases = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loops;
    private bool _disposed;

    private PostgresJournal(PostgresDatabase database, PostgresJournalOptions options, TimeProvider timeProvider, ILogger logger)
    {
        _timeProvider = timeProvider;
        _recent = new(timeProvider);
        var lease = options.Lease ?? DefaultLease;
        Id = Guid.CreateVersion7(timeProvider.GetUtcNow());
        _database = database;
        _appends = new(options.MaxWaiting, options.MaxWaitingBytes);
        _leases = new(database, Id, lease);
        _claims = new(database, Id, timeProvider);
        _lanes = new(database);
        _signals = new(database, Id, timeProvider, logger);
        _watch = new(database, _lanes, _signals);
        _signals.Look = _watch.LookAsync;
        _replicas = new(database, Id, options.Revision, timeProvider, logger);
        _upkeep = new(database, options.Retention);
        _duplicates = new(database, _signals.Announce);
        _committers = new(Committers, _appends, database.Health, new PostgresAccepts(database, _signals.Announce).WriteAsync, _duplicates.WriteAsync);
        _settlers = new(Settlers, _settlements, database.Health, new PostgresSettlements(database, Id, timeProvider).WriteAsync, rest: null);
        var pause = lease / 3 < LongestPause ? lease / 3 : LongestPause;
        _loops = Task.WhenAll(
            _signals.RunAsync(_closing.Token),
            Loop("watch", async token => { await _watch.LookAsync(token); return BetweenLooks; }),
            Loop("sign of life", BeatAsync),
            Loop("upkeep", async token => { await _upkeep.TurnAsync(token); return PostgresUpkeep.Period; }),
            Loop("leases", async token => { await _leases.RenewAsync(token); return pause; }));

        Task Loop(string name, Func<CancellationToken, Task<TimeSpan>> body) =>
            Task.Run(() => PostgresLoop.RunAsync(name, body, AfterFault, timeProvider, logger, _closing.Token));
    }

    /// <summary>This gateway, as the others see it.</summary>
    public Guid Id { get; }

    public DateTimeOffset ForgottenBefore => _watch.ForgottenBefore is var ms && ms <= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        ? DateTimeOffset.MinValue
        : DateTimeOffset.FromUnixTimeMilliseconds(ms);

    public JournalHealth Health => new(_database.Health.Fault);

    /// <summary>Transactions with events committed so far.</summary>
    public long Commits => _committers.Commits;

    /// <summary>Connects, checks what it finds, migrates.</summary>
    /// <exception cref="JournalUnavailableException">With the database, the reason, and what to do.</exception>
    public static async Task<PostgresJournal> OpenAsync(
        PostgresJournalOptions options, TimeProvider timeProvider, ILogger<PostgresJournal> logger, CancellationToken cancellationToken)
    {
        var database = new PostgresDatabase(options, logger);
        PostgresJournal? journal = null;
        try
        {
            await PostgresSchema.PrepareAsync(database, cancellationToken);
            journal = new PostgresJournal(database, options, timeProvider, logger);
            await journal._upkeep.MakePartitionsAsync(cancellationToken);
            await journal._watch.LookAsync(cancellationToken);
            await journal._replicas.BeatAsync(cancellationToken);
            return journal;
        }
        catch
        {
            await (journal?.DisposeAsync() ?? database.DisposeAsync());
            throw;
        }
    }

    public ValueTask<AppendResult> AppendAsync(
        StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken)
    {
        if ((_appends.Closed ?? Health.Fault) is { } fault)
            return Unavailable(fault);

        var write = new AppendWrite(@event, payload, deliveries, _recent);
        return _appends.TryAdd(write) is { } refusal ? Unavailable(refusal) : new(write.WaitAsync(cancellationToken));
    }

    public async ValueTask<Guid?> FindAsync(EventKey key, CancellationToken cancellationToken) => await _database.ReadAsync(
        async (connection, token) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add("SELECT event_id FROM event_key WHERE updated_at = $1 AND digest = $2").With(key.UpdatedAtMs).With(PostgresSql.Uuid(key.Digest));
            await using var row = await batch.ExecuteReaderAsync(token);
            return await row.ReadAsync(token) ? row.GetGuid(0) : (Guid?)null;
        },
        cancellationToken);

    public async ValueTask<ActivityContext> TraceOfAsync(Guid eventId, CancellationToken cancellationToken) =>
        await PostgresTraces.OfAsync(_database, eventId, cancellationToken);

    public async ValueTask<ActivityContext> PreviousTraceAsync(Guid eventId, CancellationToken cancellationToken) =>
        await PostgresTraces.PreviousOfAsync(_database, eventId, cancellationToken);

    public async ValueTask<IReadOnlyList<Delivery>> ClaimAsync(string consumer, int limit, bool inTaskOrder, CancellationToken cancellationToken)
    {
        await ReleasedAsync(consumer, cancellationToken);
        return await WhenWellAsync(
            async () =>
            {
                var claimed = inTaskOrder
                    ? await _claims.ClaimInOrderAsync(consumer, limit, _leases.Milliseconds, cancellationToken)
                    : await _claims.ClaimAsync(consumer, limit, _leases.Milliseconds, cancellationToken);
                _leases.Add(claimed, inTaskOrder);
                _signals.Claimed(consumer, claimed.Count);
                return claimed;
            },
            cancellationToken);
    }

    public ValueTask<Payload> ReadPayloadAsync(Guid eventId, CancellationToken cancellationToken) =>
        _recent.Find(eventId) is { } recent ? new(recent) : new(StoredPayloadAsync(eventId, cancellationToken));

    private Task<Payload> StoredPayloadAsync(Guid eventId, CancellationToken cancellationToken) => WhenWellAsync(
        () => _database.ReadAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Add("SELECT octet_length(bytes), bytes FROM payload WHERE event_id = $1").With(eventId);
                await using var row = await batch.ExecuteReaderAsync(token);
                if (!await row.ReadAsync(token))
                    throw new KeyNotFoundException($"Event {eventId} is not in the journal.");

                var length = row.GetInt32(0);
                var payload = new Payload(length);
                await using var bytes = await row.GetStreamAsync(1, token);
                bytes.ReadExactly(payload.Fill(length));
                return payload;
            },
            cancellationToken),
        cancellationToken);

    public async ValueTask<bool> SettleAsync(Delivery delivery, Settlement settlement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if ((_settlements.Closed ?? Health.Fault) is { } fault)
            throw new JournalUnavailableException(fault);

        if (!_leases.TryBeginSettle(delivery))
            return false;

        // From here on the outcome is known and will be written: there is nothing left to cancel.
        var write = new SettleWrite(delivery, settlement, Settled);
        if (_settlements.TryAdd(write) is { } refusal)
            write.Refused(refusal);

        return await write.Task;
    }

    public LaneState Lane(string consumer) => _lanes.Of(consumer);

    public async ValueTask SetPausedAsync(string consumer, DateTimeOffset? pausedAt, CancellationToken cancellationToken)
    {
        await _lanes.WritePausedAsync(consumer, pausedAt, cancellationToken);
        _signals.AnnounceLane(consumer);
    }

    public async ValueTask SetOpenAsync(string consumer, DateTimeOffset? openSince, CancellationToken cancellationToken)
    {
        await _lanes.WriteOpenAsync(consumer, openSince, cancellationToken);
        _signals.AnnounceLane(consumer);
    }

    public async ValueTask ReviveAsync(Guid eventId, CancellationToken cancellationToken) => await _duplicates.ReviveAsync(eventId, cancellationToken);

    public void Release(Delivery delivery)
    {
        if (!_leases.TryRelease(delivery))
            return;

        // When it is not written, the lease runs out.
        var write = new SettleWrite(delivery, settlement: null, (write, _) => _releases.TryRemove(write, out var _));
        _releases.TryAdd(write, true);
        if (_settlements.TryAdd(write) is { } refusal)
            write.Refused(refusal);
    }

    public async ValueTask<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken)
    {
        await ReleasedAsync(consumer, cancellationToken);
        _signals.Claimed(consumer, count: 0); // or nobody would ask
        return await WhenWellAsync(() => _claims.NextDueAsync(consumer, inTaskOrder, cancellationToken), cancellationToken);
    }

    public Task WaitForWorkAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken) =>
        _signals.WaitAsync(consumer, limit, cancellationToken);

    /// <summary>Writes what waits, lets go of what is in hand, takes leave of the others.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _stopped.SetResult();
        await _committers.CloseAsync();
        await _settlers.CloseAsync();
        await _closing.CancelAsync();
        await _loops;
        await LeaveAsync();
        await _database.DisposeAsync();
        _recent.Dispose();
        _lanes.Dispose();
        _closing.Dispose();
    }

    /// <summary>Forgets at once what retention allows, instead of every ten minutes; false when another gateway is at it.</summary>
    internal Task<bool> PruneAsync() => _upkeep.PruneAsync(_closing.Token);

    private static ValueTask<AppendResult> Unavailable(string fault) =>
        ValueTask.FromResult(new AppendResult(AppendStatus.Unavailable, Guid.Empty, fault));

    // Every few seconds, and at once when something failed: that is how it is noticed that the database is there.
    private async Task<TimeSpan> BeatAsync(CancellationToken cancellationToken)
    {
        await _replicas.BeatAsync(cancellationToken);
        await Task.WhenAny(_database.Health.Ill, Task.Delay(PostgresReplicas.Period, _timeProvider, cancellationToken));
        return TimeSpan.Zero;
    }

    private void Settled(SettleWrite write, bool written)
    {
        if (!written)
        {
            _leases.UndoSettle(write.Delivery);
            return;
        }

        if (write.Changed && write.Settlement?.State != DeliveryState.Pending)
            _recent.Ended(write.Delivery.Event.Id);

        if (_leases.End(write.Delivery) || write.Settlement?.State == DeliveryState.Pending)
            _signals.Pulse(write.Delivery.Consumer);
    }

    /// <summary>What was released here is offered again: a claim that comes after must find it.</summary>
    private Task ReleasedAsync(string consumer, CancellationToken cancellationToken)
    {
        var mine = _releases.Keys.Where(write => write.Delivery.Consumer == consumer).Select(write => write.Task).ToArray();
        return mine.Length == 0
            ? Task.CompletedTask
            : Task.WhenAll(mine).WaitAsync(cancellationToken).ContinueWith(static _ => { }, cancellationToken, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>While the database is away, lanes wait for it here.</summary>
    private async Task<T> WhenWellAsync<T>(Func<Task<T>> body, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.WhenAny(_database.Health.Well, _stopped.Task).WaitAsync(cancellationToken);
            if (_stopped.Task.IsCompleted)
                throw new JournalUnavailableException("The journal is closing.");

            try
            {
                return await body();
            }
            catch (JournalUnavailableException) when (Health.Fault is not null)
            {
                // Once it has none, the same again.
            }
        }
    }

    private async Task LeaveAsync()
    {
        if (Health.Fault is not null)
            return;

        using var patience = new CancellationTokenSource(Farewell);
        try
        {
            var held = _leases.All();
            await _leases.LetGoAsync(patience.Token);
            await _replicas.LeaveAsync(patience.Token);
            if (held.Length > 0)
                await _signals.TellLastAsync(held.Select(delivery => delivery.Consumer).Distinct(StringComparer.Ordinal), patience.Token);
        }
        catch (Exception exception) when (exception is JournalUnavailableException or OperationCanceledException or NpgsqlException)
        {
            // The leases run out, and the others see that this one is gone.
        }
    }
}
