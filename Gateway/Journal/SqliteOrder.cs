using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// Keeps <c>delivery.held</c> true while rows come and go, and ends what is superseded. Part of the writer's transaction.
/// </summary>
internal sealed class SqliteOrder : IDisposable
{
    private readonly SqliteBacklog _backlog;
    private readonly SqliteStatement _first;
    private readonly SqliteStatement _hold;
    private readonly SqliteStatement _newest;
    private readonly SqliteStatement _setNewest;
    private readonly SqliteStatement _older;
    private readonly SqliteStatement _supersede;
    private readonly List<(long Seq, int Replay)> _ended = [];

    public SqliteOrder(SqliteConnection connection, SqliteBacklog backlog)
    {
        _backlog = backlog;
        _first = new(connection,
            """
            SELECT event_seq, replay, held, updated_us FROM delivery
            WHERE consumer = ? AND task = ? AND state = 0 ORDER BY updated_us, event_seq, replay LIMIT 1
            """);
        _hold = new(connection, "UPDATE delivery SET held = ? WHERE event_seq = ? AND consumer = ? AND replay = ?");
        _newest = new(connection, "SELECT updated_us FROM newest WHERE consumer = ? AND digest = ?");
        _setNewest = new(connection,
            """
            INSERT INTO newest(consumer, digest, updated_us) VALUES(?, ?, ?)
            ON CONFLICT DO UPDATE SET updated_us = excluded.updated_us WHERE excluded.updated_us > newest.updated_us
            """);
        _older = new(connection,
            """
            SELECT event_seq, replay FROM delivery JOIN event ON seq = event_seq
            WHERE consumer = ? AND delivery.task = ? AND state = 0 AND updated_us < ? AND ifnull(stage_id, stage) IS ?
            """);
        _supersede = new(connection,
            "UPDATE delivery SET state = 3, held = 0, settled_at = ? WHERE event_seq = ? AND consumer = ? AND replay = ?");
    }

    /// <summary>A row is about to be pending.</summary>
    /// <returns>Whether another of its task comes first.</returns>
    public bool Enter(string consumer, TaskIdentity identity, long seq, int replay)
    {
        if (identity.Task is not { } task || First(consumer, task) is not { } first)
            return false;

        var held = first.Place.CompareTo(TaskIdentity.Place(identity.UpdatedUs, seq, replay)) < 0;
        Hold(consumer, first, !held);
        return held;
    }

    /// <summary>A row is no longer pending.</summary>
    /// <returns>Whether others of its task are.</returns>
    public bool Leave(string consumer, UInt128? identity)
    {
        if (identity is not { } task || First(consumer, task) is not { } first)
            return false;

        Hold(consumer, first, false);
        return true;
    }

    /// <summary>Ends what a new event makes obsolete for a consumer that wants the newest only.</summary>
    /// <returns>Whether the new event is obsolete itself: a newer one was there before.</returns>
    public bool Supersede(string consumer, StoredEvent @event, TaskIdentity identity, DateTimeOffset now)
    {
        if (identity is not { Task: { } task, UpdatedUs: { } updatedUs } || TaskIdentity.AtStage(@event) is not { } digest)
            return false;

        if (IsLate(consumer, digest, updatedUs))
            return true;

        _setNewest.With(consumer).With(digest).With(updatedUs).Run();
        _ended.Clear();
        _older.With(consumer).With(task).With(updatedUs).With(TaskIdentity.StageOf(@event));
        while (_older.Step())
            _ended.Add((_older.Int64(0), _older.Int32(1)));

        foreach (var (seq, replay) in _ended)
        {
            _supersede.With(now).With(seq).With(consumer).With(replay).Run();
            _backlog.Move(consumer, DeliveryState.Pending, DeliveryState.Superseded);
        }

        if (_ended.Count > 0)
            Leave(consumer, task);

        return false;
    }

    /// <summary>Whether a newer one of the same task and stage was there for a consumer that wants the newest only.</summary>
    public bool IsLate(string consumer, TaskIdentity identity, UInt128? atStage) =>
        identity.UpdatedUs is { } updatedUs && atStage is { } digest && IsLate(consumer, digest, updatedUs);

    private bool IsLate(string consumer, UInt128 digest, long updatedUs)
    {
        var known = _newest.With(consumer).With(digest).Step();
        var late = known && _newest.Int64(0) > updatedUs;
        if (known)
            _newest.Reset();

        return late;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_first, _hold, _newest, _setNewest, _older, _supersede])
            statement.Dispose();
    }

    private void Hold(string consumer, FirstRow row, bool held)
    {
        if (row.Held != held)
            _hold.With(held ? 1 : 0).With(row.Place.Seq).With(consumer).With(row.Place.Replay).Run();
    }

    private FirstRow? First(string consumer, UInt128 task)
    {
        if (!_first.With(consumer).With(task).Step())
            return null;

        var row = new FirstRow(TaskIdentity.Place(_first.Int64OrNull(3), _first.Int64(0), _first.Int32(1)), _first.Int32(2) != 0);
        _first.Reset();
        return row;
    }

    private readonly record struct FirstRow((long UpdatedUs, long Seq, int Replay) Place, bool Held);
}
