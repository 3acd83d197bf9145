using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>
/// Keeps <c>delivery.held</c> true while rows come and go, and ends what is superseded. Part of the writer's transaction.
/// </summary>
/// <remarks>
/// Each task has a place of its own in the index that order goes by, so that an entry costs a page of the file. Only consumers that
/// somebody asked an order of have theirs kept: the others' rows are <see cref="Unordered"/>, until somebody asks.
/// </remarks>
internal sealed class SqliteOrder : IDisposable
{
    // What delivery.held says.
    public const int Free = 0;

    /// <summary>Another of its task comes first.</summary>
    public const int HeldBack = 1;

    /// <summary>Neither: nobody has asked for the order of its consumer's deliveries yet.</summary>
    public const int Unordered = 2;

    private readonly SqliteBacklog _backlog;

    // Consumers whose rows have a place, from this start or an earlier one.
    private readonly HashSet<string> _ordered = new(StringComparer.Ordinal);
    private readonly SqliteStatement _unordered;
    private readonly SqliteStatement _first;
    private readonly SqliteStatement _hold;
    private readonly SqliteStatement _newest;
    private readonly SqliteStatement _setNewest;
    private readonly SqliteStatement _older;
    private readonly SqliteStatement _supersede;
    private readonly List<(long Seq, int Replay)> _ended = [];
    private readonly List<(long Seq, int Replay, TaskIdentity Identity)> _found = [];

    public SqliteOrder(SqliteConnection connection, SqliteBacklog backlog)
    {
        _backlog = backlog;
        _unordered = new(connection,
            $"""
            SELECT event_seq, replay, task, updated_us FROM delivery INDEXED BY delivery_due
            WHERE consumer = ? AND state = 0 AND held = {Unordered} ORDER BY due_at, event_seq LIMIT ?
            """);
        _first = new(connection,
            $"""
            SELECT event_seq, replay, held, updated_us FROM delivery
            WHERE consumer = ? AND task = ? AND state = 0 AND held < {Unordered} ORDER BY updated_us, event_seq, replay LIMIT 1
            """);
        _hold = new(connection, "UPDATE delivery SET held = ? WHERE event_seq = ? AND consumer = ? AND replay = ?");
        _newest = new(connection, "SELECT updated_us FROM newest WHERE consumer = ? AND digest = ?");
        _setNewest = new(connection,
            """
            INSERT INTO newest(consumer, digest, updated_us) VALUES(?, ?, ?)
            ON CONFLICT DO UPDATE SET updated_us = excluded.updated_us WHERE excluded.updated_us > newest.updated_us
            """);
        _older = new(connection,
            $"""
            SELECT event_seq, replay FROM delivery JOIN event ON seq = event_seq
            WHERE consumer = ? AND delivery.task = ? AND state = 0 AND held < {Unordered} AND updated_us < ? AND ifnull(stage_id, stage) IS ?
            """);
        _supersede = new(connection,
            "UPDATE delivery SET state = 3, held = 0, settled_at = ? WHERE event_seq = ? AND consumer = ? AND replay = ?");
        ReadOrdered(connection);
    }

    /// <summary>A row is about to be pending.</summary>
    /// <returns>What <c>held</c> is to say of it.</returns>
    public int Enter(string consumer, TaskIdentity identity, long seq, int replay) =>
        _ordered.Contains(consumer) ? Place(consumer, identity, seq, replay) : Unordered;

    /// <summary>Somebody asks for the order of a consumer's deliveries: those that have come before are put in it, and all that come from now on.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="limit">How many rows at most.</param>
    /// <returns>How many there were, at most <paramref name="limit"/>.</returns>
    public int PutInOrder(string consumer, int limit)
    {
        _ordered.Add(consumer);
        _found.Clear();
        _unordered.With(consumer).With(limit);
        while (_unordered.Step())
            _found.Add((_unordered.Int64(0), _unordered.Int32(1), new TaskIdentity(_unordered.UInt128OrNull(2), _unordered.Int64OrNull(3))));

        foreach (var (seq, replay, identity) in _found)
            _hold.With(Place(consumer, identity, seq, replay)).With(seq).With(consumer).With(replay).Run();

        return _found.Count;
    }

    /// <summary>A row of an event is no longer pending.</summary>
    /// <returns>Whether others of its task, which have a place, are.</returns>
    public bool Leave(string consumer, StoredEvent @event) => _ordered.Contains(consumer) && Leave(consumer, TaskIdentity.Of(@event).Task);

    /// <summary>A row of a task is no longer pending.</summary>
    /// <returns>Whether others of it, which have a place, are.</returns>
    public bool Leave(string consumer, UInt128? identity)
    {
        if (identity is not { } task || !_ordered.Contains(consumer) || First(consumer, task) is not { } first)
            return false;

        Hold(consumer, first, Free);
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

        PutInOrder(consumer, int.MaxValue);
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
        foreach (var statement in (SqliteStatement[])[_unordered, _first, _hold, _newest, _setNewest, _older, _supersede])
            statement.Dispose();
    }

    private void ReadOrdered(SqliteConnection connection)
    {
        using var ordered = new SqliteStatement(connection,
            """
            SELECT consumer FROM backlog WHERE EXISTS(
                SELECT 1 FROM delivery INDEXED BY delivery_due WHERE consumer = backlog.consumer AND state = 0 AND held IN (0, 1))
            """);
        while (ordered.Step())
            _ordered.Add(ordered.Text(0)!);
    }

    private int Place(string consumer, TaskIdentity identity, long seq, int replay)
    {
        if (identity.Task is not { } task || First(consumer, task) is not { } first)
            return Free;

        var isFirst = first.Place.CompareTo(TaskIdentity.Place(identity.UpdatedUs, seq, replay)) >= 0;
        Hold(consumer, first, isFirst ? HeldBack : Free);
        return isFirst ? Free : HeldBack;
    }

    private void Hold(string consumer, FirstRow row, int held)
    {
        if (row.Held != held)
            _hold.With(held).With(row.Place.Seq).With(consumer).With(row.Place.Replay).Run();
    }

    private FirstRow? First(string consumer, UInt128 task)
    {
        if (!_first.With(consumer).With(task).Step())
            return null;

        var row = new FirstRow(TaskIdentity.Place(_first.Int64OrNull(3), _first.Int64(0), _first.Int32(1)), _first.Int32(2));
        _first.Reset();
        return row;
    }

    private readonly record struct FirstRow((long UpdatedUs, long Seq, int Replay) Place, int Held);
}
