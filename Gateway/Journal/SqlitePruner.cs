using AngoGateway.Envelopes;
using AngoGateway.Telemetry;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// Forgets in small steps inside the writer's transactions: first events whose term is over, then keys, then it gives
/// free pages back. Events with a pending delivery stay; dead letters and quarantined events have a term of their own.
/// </summary>
internal sealed class SqlitePruner : IDisposable
{
    /// <summary>Rows looked at in one idle step: about 20 ms of the writer's time.</summary>
    public const int StepRows = 500;

    // Freeing a page of a large body costs a read of it.
    private const long StepBytes = 8 * 1024 * 1024;

    // 1,000 pages took 26 ms when measured.
    private const int StepPages = 500;

    private static readonly TimeSpan BetweenPasses = TimeSpan.FromMinutes(10);

    private readonly SqliteJournalOptions _options;
    private readonly SqliteBookkeeping _books;
    private readonly SqliteStatement _oldestEvents;
    private readonly SqliteStatement[] _deletes;
    private readonly SqliteStatement _dead;
    private readonly SqliteStatement _oldestKeys;
    private readonly SqliteStatement _forgetNewest;
    private readonly SqliteStatement _deleteKey;
    private readonly SqliteStatement _moveForgotten;
    private readonly SqliteStatement _freePages;
    private readonly SqliteStatement _vacuum;
    private readonly List<(long Seq, bool Keep)> _events = [];
    private readonly List<(long UpdatedAt, UInt128 Digest, bool Keep)> _keys = [];

    private Phase _phase = Phase.Events;
    private DateTimeOffset _nextPass;
    private long _eventCursor;
    private (long UpdatedAt, UInt128 Digest) _keyCursor = (long.MinValue, 0);

    public SqlitePruner(SqliteConnection connection, SqliteJournalOptions options, SqliteBookkeeping books)
    {
        Backlog = new SqliteBacklog(connection);
        File = new SqliteFile(connection, books);
        (_options, _books) = (options, books);
        _nextPass = books.Now;
        _oldestEvents = new(connection,
            """
            SELECT seq, received_at, size,
                (disposition = 2 AND received_at >= ?1)
                OR EXISTS(SELECT 1 FROM delivery WHERE event_seq = seq AND (state = 0 OR (state = 2 AND settled_at >= ?1)))
            FROM event WHERE seq > ?2 ORDER BY seq LIMIT ?3
            """);
        _deletes =
        [
            new(connection, "DELETE FROM payload WHERE seq = ?"),
            new(connection, "DELETE FROM attempt WHERE event_seq = ?"),
            new(connection, "DELETE FROM delivery WHERE event_seq = ?"),
            new(connection, "DELETE FROM event WHERE seq = ?"),
        ];
        _dead = new(connection, "SELECT consumer FROM delivery WHERE event_seq = ? AND state = 2");
        _oldestKeys = new(connection,
            """
            SELECT updated_at, digest, seen_at, EXISTS(SELECT 1 FROM event WHERE id = event_id)
            FROM event_key WHERE (updated_at, digest) > (?, ?) AND updated_at < ? AND updated_at <> 0 ORDER BY updated_at, digest LIMIT ?
            """);
        _deleteKey = new(connection, "DELETE FROM event_key WHERE updated_at = ? AND digest = ?");
        _moveForgotten = new(connection, "UPDATE forgotten SET updated_at = ?1 WHERE updated_at < ?1");
        _forgetNewest = new(connection,
            """
            DELETE FROM newest WHERE (consumer, digest) IN
                (SELECT consumer, digest FROM newest WHERE updated_us < ? ORDER BY updated_us LIMIT ?)
            """);
        _freePages = new(connection, "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count");
        _vacuum = new(connection, $"PRAGMA incremental_vacuum({StepPages})");
    }

    private enum Phase
    {
        Events,
        Keys,
        Vacuum,
    }

    public SqliteBacklog Backlog { get; }

    public SqliteFile File { get; }

    public bool IsDue => _books.Now >= _nextPass;

    /// <summary>One step, to ride in a transaction. A failed one ends the pass, so that it fails no other slice.</summary>
    public UpkeepWrite Write(int rows, bool idle) => new UpkeepWrite(() => Step(Math.Min(rows, StepRows), idle), _ => EndPass());

    /// <summary>A whole pass at once.</summary>
    public UpkeepWrite WholePass() => new UpkeepWrite(
        () =>
        {
            EndPass();
            _nextPass = _books.Now;
            while (IsDue)
                Step(StepRows, idle: true);
        });

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_oldestEvents, .. _deletes, _dead, _oldestKeys, _forgetNewest, _deleteKey, _moveForgotten, _freePages, _vacuum])
            statement.Dispose();
    }

    private void Step(int rows, bool idle)
    {
        switch (_phase)
        {
            case Phase.Events:
                PruneEvents(rows);
                break;
            case Phase.Keys:
                PruneKeys(rows);
                break;
            case Phase.Vacuum when idle:
                Vacuum();
                break;
            case Phase.Vacuum:
                // Shrinking waits for a pass that ends in a quiet moment; the freed pages are used again meanwhile. To wait
                // for that moment here would end the pruning of a gateway that never has one.
                EndPass();
                break;
        }
    }

    private void PruneEvents(int rows)
    {
        var terms = _options.Retention();
        var cutoff = (_books.Now - terms.Events).ToUnixTimeMilliseconds();
        var now = _books.Now.ToUnixTimeMilliseconds();
        var bytes = 0L;
        var more = false;
        _events.Clear();
        _oldestEvents.With(_books.Now - terms.DeadLetters).With(_eventCursor).With(rows);
        while (_oldestEvents.Step())
        {
            var receivedAt = _oldestEvents.Int64(1);

            // seq follows arrival, so the first young event ends the pass; but not one that a wrong clock put in the future.
            more = receivedAt < cutoff || receivedAt > now;
            if (!more || bytes > StepBytes)
                break;

            var keep = receivedAt >= cutoff || _oldestEvents.Int32(3) != 0;
            bytes += keep ? 0 : _oldestEvents.Int64(2);
            _events.Add((_oldestEvents.Int64(0), keep));
        }

        _oldestEvents.Reset();
        foreach (var (seq, keep) in _events)
        {
            _eventCursor = seq;
            if (!keep)
                Delete(seq);
        }

        if (_events.Exists(static @event => !@event.Keep))
            Checkpoints.Reach(Checkpoints.Pruning);

        if (!more)
            _phase = Phase.Keys;
    }

    private void Delete(long seq)
    {
        _dead.With(seq);
        while (_dead.Step())
            Backlog.Count(_dead.Text(0)!, DeliveryState.Dead, -1);

        Array.ForEach(_deletes, delete => delete.With(seq).Run());
    }

    // Keys without a readable updatedAt (0) are kept for ever: nothing else would tell a repeat of such an event.
    private void PruneKeys(int rows)
    {
        var cutoff = (_books.Now - _options.Retention().Keys).ToUnixTimeMilliseconds();
        _keys.Clear();
        _oldestKeys.With(_keyCursor.UpdatedAt).With(_keyCursor.Digest).With(cutoff).With(rows);
        while (_oldestKeys.Step())
            _keys.Add((_oldestKeys.Int64(0), _oldestKeys.UInt128(1), _oldestKeys.Int64(2) >= cutoff || _oldestKeys.Int32(3) != 0));

        // Before the first of them goes; a rollback only leaves the memory too careful.
        if (_keys.Exists(static key => !key.Keep) && _moveForgotten.With(cutoff).Run() > 0)
            _books.ForgottenBefore = Math.Max(_books.ForgottenBefore, cutoff);

        foreach (var (updatedAt, digest, keep) in _keys)
        {
            _keyCursor = (updatedAt, digest);
            if (keep)
                continue;

            _deleteKey.With(updatedAt).With(digest).Run();
            _books.Keys.Remove(new EventKey(updatedAt, digest));
        }

        // What is older than the keys' memory is quarantined when it comes again: nothing is left to be superseded by these.
        var forgotten = _forgetNewest.With(cutoff * 1000).With(rows).Run();
        if (_keys.Exists(static key => !key.Keep) || forgotten > 0)
            Checkpoints.Reach(Checkpoints.Pruning);

        if (_keys.Count == 0 && forgotten == 0)
            _phase = Phase.Vacuum;
    }

    /// <summary>Pages are kept for the next events; only when over a quarter of the file is free is it made smaller.</summary>
    private void Vacuum()
    {
        var (free, all) = CountPages();
        if (free > StepPages && free * 4 > all)
        {
            _books.Shrinks = true;
            _vacuum.Run();
        }

        // A file that was not made with auto_vacuum stays as it is.
        if (CountPages().Free == free)
            EndPass();
    }

    private (long Free, long All) CountPages()
    {
        _freePages.Step();
        var counts = (_freePages.Int64(0), _freePages.Int64(1));
        _freePages.Reset();
        return counts;
    }

    private void EndPass()
    {
        _phase = Phase.Events;
        _eventCursor = 0;
        _keyCursor = (long.MinValue, 0);
        _nextPass = _books.Now + BetweenPasses;
    }
}
