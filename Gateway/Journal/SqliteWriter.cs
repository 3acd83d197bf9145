using System.Diagnostics;
using AngoGateway.Telemetry;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AngoGateway.Journal;

/// <summary>
/// The one thread that writes. It takes everything that waits, writes it in one transaction and commits once: the sync of
/// the commit is shared by all of them, so the busier the gateway, the cheaper an event.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int DbStatusCacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE

    /// <summary>Upkeep is looked for this often while nothing arrives.</summary>
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(1);

    // Two old rows go for each new event, but not two at a time: what a step touches beside its rows is a dozen pages.
    private const int PrunedForEach = 2;
    private const int LeastPruned = 32;

    private readonly SqliteConnection _connection;
    private readonly SqliteQueue _queue;
    private readonly SqlitePruner _pruner;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly SqliteHealth _health;
    private readonly SqliteFile _file;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteRows _rows;
    private readonly SqliteBacklog _backlog;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private long _commits;
    private int _toBePruned;

    public SqliteWriter(
        SqliteConnection connection, SqliteQueue queue, SqlitePruner pruner, SqliteCheckpointer checkpointer, SqliteHealth health)
    {
        (_connection, _queue, _pruner, _checkpointer, _health) = (connection, queue, pruner, checkpointer, health);
        _backlog = pruner.Backlog;
        _file = pruner.File;
        _rows = new SqliteRows(connection, _backlog);
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(connection, "COMMIT");
        _rollback = new SqliteStatement(connection, "ROLLBACK");
        new Thread(Run) { IsBackground = true, Name = "journal writer" }.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Writes what waits, moves the log into the file, closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close("The journal is closing.");
        await _ended.Task;
        _checkpointer.Finish(_connection);
        foreach (var part in (IDisposable[])[_rows, _pruner, _backlog, _begin, _commit, _rollback, _connection])
            part.Dispose();
    }

    private void Run()
    {
        var slice = new List<SqliteWrite>(SqliteQueue.SliceRows);
        var pause = IdlePause;
        while (_queue.Take(slice, pause))
        {
            if (slice.Count > 0)
                Serve(slice);

            pause = slice.Count == 0 ? Idle() : IdlePause;
            slice.Clear();
        }

        _ended.SetResult();
    }

    private void Serve(List<SqliteWrite> slice)
    {
        _toBePruned = _pruner.IsDue ? _toBePruned + (PrunedForEach * slice.Count(static write => write is AppendWrite)) : 0;
        if (_toBePruned >= LeastPruned)
        {
            slice.Add(_pruner.Write(_toBePruned, idle: false));
            _toBePruned = 0;
        }

        Commit(slice);
        _file.NoteLog(wasCut: _checkpointer.BeginAnewIfLarge(_connection));
    }

    /// <returns>How long to wait for work before the next idle step.</returns>
    private TimeSpan Idle()
    {
        if (_health.Fault is null && _file.Fault() is { } fault)
            _ = _health.Failed(new JournalUnavailableException(fault));

        if (_health.Fault is not null && !_health.Lost && !_health.Damaged)
        {
            // As large as an event is likely to be; the second empties what the first wrote.
            Commit([new UpkeepWrite(() => Execute("INSERT INTO probe(bytes) VALUES(zeroblob(65536))"))]);
            Commit([new UpkeepWrite(() => Execute("DELETE FROM probe"))]);
        }

        if (!_pruner.IsDue)
            return IdlePause;

        Commit([_pruner.Write(SqlitePruner.StepRows, idle: true)]);
        return TimeSpan.Zero;
    }

    /// <summary>One transaction; more only when a row had to be left out.</summary>
    private void Commit(List<SqliteWrite> slice)
    {
        while (slice.Count > 0)
        {
            SqliteWrite? current = null;
            var began = Stopwatch.GetTimestamp();
            try
            {
                Begin();
                foreach (var write in slice)
                {
                    current = write;
                    write.Execute(_rows);
                }

                current = null;
                _backlog.Write();
                if (slice.Exists(static write => write is SettleWrite))
                    Checkpoints.Reach(Checkpoints.BeforeSettle);

                _commit.Run();
            }
            // The one place where a failed statement becomes an answer; the thread must outlive it.
            catch (Exception exception)
            {
                Rollback();
                _backlog.Forget();
                if (current is not null && SqliteFaults.Classify(exception) == SqliteFault.Row)
                {
                    slice.Remove(current);
                    Refuse([current], _health.RowRefused(exception));
                    continue;
                }

                var fault = SqliteFaults.Classify(exception) == SqliteFault.LostSync
                    ? _health.LostSync(exception)
                    : _health.Failed(exception);
                Refuse(slice, fault);
                return;
            }

            Committed(slice, began);
            return;
        }
    }

    private void Begin()
    {
        if (_health.Lost)
            throw new JournalUnavailableException("A sync failed.");

        if (_health.Damaged)
            throw new JournalUnavailableException("The file is damaged.");

        if (_file.Fault() is { } fault)
            throw new JournalUnavailableException(fault);

        _begin.Run();
    }

    private void Committed(List<SqliteWrite> slice, long began)
    {
        // A disk's time is real time, whatever clock the gateway was given.
        Metrics.CommitDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        Metrics.CommitSize.Record(slice.Count);
        _backlog.Committed();
        Interlocked.Increment(ref _commits);
        raw.sqlite3_db_status(_connection.Handle, DbStatusCacheWrite, out var pages, out _, 1);
        if (pages > 0)
        {
            _health.Written();
            _checkpointer.Wrote(pages);
        }

        if (slice.Exists(static write => write is AppendWrite))
            Checkpoints.Reach(Checkpoints.Committed);

        if (slice.Exists(static write => write is SettleWrite))
            Checkpoints.Reach(Checkpoints.Settled);

        _queue.Done(slice);
        slice.ForEach(static write => write.Committed());
    }

    private void Refuse(List<SqliteWrite> writes, string fault)
    {
        _queue.Done(writes);
        writes.ForEach(write => write.Refused(fault));
    }

    private void Rollback()
    {
        // Some failures have rolled back already.
        if (raw.sqlite3_get_autocommit(_connection.Handle) != 0)
            return;

        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // The failure that led here is the one to be told; a transaction that stays open fails the next BEGIN.
        }
    }

    private void Execute(string sql)
    {
        using var statement = new SqliteStatement(_connection, sql);
        statement.Run();
    }
}
