using System.Diagnostics;
using AngoGateway.Envelopes;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// The journal in one SQLite file: a key cache in front, one writer with group commit, a few readers, a checkpointer.
/// What durable means here, and the figures: docs/journal.md.
/// </summary>
internal sealed partial class SqliteJournal : IJournal
{
    /// <summary>No retry is planned further ahead; what a wrong clock has parked later than this is brought back at a start.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>In one transaction: some milliseconds, which accepts wait for.</summary>
    private const int RowsPutInOrder = 1024;

    private readonly FileStream _lock;
    private readonly SqliteConnection _connection;
    private readonly SqliteBookkeeping _books;
    private readonly SqliteQueue _queue;
    private readonly SqliteHealth _health;
    private readonly SqlitePruner _pruner;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly SqliteLanes _lanes;
    private bool _disposed;

    private SqliteJournal(FileStream fileLock, SqliteConnection connection, SqliteJournalOptions options, TimeProvider timeProvider, ILogger logger)
    {
        (_lock, _connection) = (fileLock, connection);
        _books = new SqliteBookkeeping(timeProvider) { ForgottenBefore = SqliteSchema.Number(connection, "SELECT max(updated_at) FROM forgotten") };
        _queue = new SqliteQueue(options.MaxWaiting, options.MaxWaitingBytes);
        _health = new SqliteHealth(options.Path, options.EndProcess, logger);
        _pruner = new SqlitePruner(connection, options, _books);
        _lanes = new SqliteLanes(connection);
        _readers = new SqliteReaders(options.Path, _health, _books);
        var checkpointer = new SqliteCheckpointer(SqliteSchema.Connect(options.Path, "synchronous=FULL"), _health);
        _writer = new SqliteWriter(connection, _queue, _pruner, checkpointer, _health);
    }

    public DateTimeOffset ForgottenBefore => _books.ForgottenBefore is var ms && ms <= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        ? DateTimeOffset.MinValue
        : DateTimeOffset.FromUnixTimeMilliseconds(ms);

    public JournalHealth Health => new(_health.Fault);

    /// <summary>Transactions committed so far.</summary>
    public long Commits => _writer.Commits;

    /// <summary>Opens or makes the file, takes its lock, migrates it.</summary>
    /// <exception cref="JournalUnavailableException">With the file, the reason, and what to do.</exception>
    public static SqliteJournal Open(SqliteJournalOptions options, TimeProvider timeProvider, ILogger<SqliteJournal> logger)
    {
        // One file has one lock, whatever links lead to it.
        var path = Path.GetFullPath(options.Path);
        if (File.Exists(path))
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

        var fileLock = SqliteLock.Take(path);
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteSchema.OpenForWriting(path);
            BringBackParked(connection, timeProvider.GetUtcNow());
            return new SqliteJournal(fileLock, connection, options with { Path = path }, timeProvider, logger);
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            fileLock.Dispose();
            throw SqliteSchema.CannotOpen(path, exception);
        }
        catch
        {
            connection?.Dispose();
            fileLock.Dispose();
            throw;
        }
    }

    public ValueTask<AppendResult> AppendAsync(
        StoredEvent @event, Payload payload, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken)
    {
        if (_queue.Closed is { } closed)
            return Unavailable(closed);

        if (!_health.Untrusted && _books.Keys.TryGet(@event.Key, out var first))
            return ValueTask.FromResult(new AppendResult(AppendStatus.Duplicate, first));

        var write = new AppendWrite(@event, payload, deliveries, _books);
        return _queue.TryAdd(write) is { } refusal ? Unavailable(refusal) : new(write.WaitAsync(cancellationToken));
    }

    public async ValueTask<Guid?> FindAsync(EventKey key, CancellationToken cancellationToken) =>
        _health.Untrusted ? throw new JournalUnavailableException(_health.Fault ?? "The journal is not to be trusted.")
        : _books.Keys.TryGet(key, out var id) ? id : await _readers.Read(reader => reader.FindKey(key), cancellationToken);

    public async ValueTask<ActivityContext> TraceOfAsync(Guid eventId, CancellationToken cancellationToken) =>
        await _readers.Read(reader => reader.Traces.Of(eventId), cancellationToken);

    public async ValueTask<ActivityContext> PreviousTraceAsync(Guid eventId, CancellationToken cancellationToken) =>
        await _readers.Read(reader => reader.Traces.PreviousOf(eventId), cancellationToken);

    public async ValueTask<IReadOnlyList<Delivery>> ClaimAsync(string consumer, int limit, bool inTaskOrder, CancellationToken cancellationToken)
    {
        while (inTaskOrder && await _readers.Read(reader => reader.Claims(inTaskOrder).AnyUnordered(consumer), cancellationToken))
            await Write(rows => rows.PutInOrder(consumer, RowsPutInOrder));

        return await _readers.Read(reader => reader.Claims(inTaskOrder).Claim(consumer, limit, _books.Now, _books.Leases), cancellationToken);
    }

    public async ValueTask<Payload> ReadPayloadAsync(Guid eventId, CancellationToken cancellationToken) =>
        _books.RecentPayloads.Find(eventId)
        ?? await _readers.Read(reader => reader.Payload(eventId), cancellationToken)
        ?? throw new KeyNotFoundException($"Event {eventId} is not in the journal.");

    public async ValueTask<bool> SettleAsync(Delivery delivery, Settlement settlement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_books.Leases.TryBeginSettle(delivery))
            return false;

        // From here on the outcome is known and will be written: there is nothing left to cancel.
        var write = new SettleWrite(delivery, settlement, _books);
        if (_queue.AddUnbounded(write) is { } refusal)
            write.Refused(refusal);

        return await write.Task;
    }

    public LaneState Lane(string consumer) => _lanes.Of(consumer);

    public ValueTask SetPausedAsync(string consumer, DateTimeOffset? pausedAt, CancellationToken cancellationToken) =>
        SetLaneAsync(consumer, () => _lanes.WritePaused(consumer, pausedAt), cancellationToken);

    public ValueTask SetOpenAsync(string consumer, DateTimeOffset? openSince, CancellationToken cancellationToken) =>
        SetLaneAsync(consumer, () => _lanes.WriteOpen(consumer, openSince), cancellationToken);

    public ValueTask ReviveAsync(Guid eventId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var woken = new List<string>();
        return new(Write(
            rows =>
            {
                woken.Clear();
                rows.Revive(eventId, _books.Now, woken);
                return woken.Count;
            },
            _ => woken.ForEach(_books.Signals.Pulse)));
    }

    public void Release(Delivery delivery) => _books.Leases.Release(delivery);

    public async ValueTask<DateTimeOffset?> NextDueAsync(string consumer, bool inTaskOrder, CancellationToken cancellationToken) =>
        await _readers.Read(reader => reader.Claims(inTaskOrder).NextDue(consumer, _books.Leases), cancellationToken);

    public Task WaitForWorkAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken) =>
        _books.Signals.WaitAsync(consumer, limit, cancellationToken);

    /// <summary>Writes what waits, moves the log into the file, closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _readers.Dispose();
        await _writer.DisposeAsync();
        _books.Dispose();
        _pruner.File.Dispose();
        await _lock.DisposeAsync();
    }

    /// <summary>Forgets at once what retention allows, instead of bit by bit.</summary>
    internal Task PruneAsync() => Enqueue(_pruner.WholePass());

    /// <summary>For tests: something done by the writer inside its next transaction, on its connection.</summary>
    internal Task OnWriterAsync(Action<SqliteConnection> body) => Enqueue(new UpkeepWrite(() => body(_connection)));

    private static ValueTask<AppendResult> Unavailable(string fault) =>
        ValueTask.FromResult(new AppendResult(AppendStatus.Unavailable, Guid.Empty, fault));

    private static void BringBackParked(SqliteConnection connection, DateTimeOffset now)
    {
        using var statement = new SqliteStatement(connection,
            """
            UPDATE delivery SET due_at = ?1
            WHERE state = 0 AND held IN (0, 1, 2) AND due_at > ?1 AND consumer IN (SELECT consumer FROM backlog)
            """);
        statement.With(now + LongestDelay).Run();
    }

    private ValueTask SetLaneAsync(string consumer, Func<LaneState> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Write(
            _ => write(),
            written =>
            {
                _lanes.Keep(consumer, written);
                _books.Signals.Pulse(consumer);
            }));
    }

    private Task<T> Write<T>(Func<SqliteRows, T> body, Action<T>? committed = null)
    {
        var write = new OtherWrite<T>(body, committed);
        if (_queue.AddUnbounded(write) is { } refusal)
            write.Refused(refusal);

        return write.Task;
    }

    private Task Enqueue(UpkeepWrite write)
    {
        if (_queue.AddUnbounded(write) is { } refusal)
            write.Refused(refusal);

        return write.Task;
    }
}
