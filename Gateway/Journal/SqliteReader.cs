using AngoGateway.Envelopes;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>One reading connection with its statements, used by one caller at a time. Every read ends before its method returns.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteStatement _findKey;
    private readonly SqliteStatement _payload;
    private readonly SqliteClaims _inTaskOrder;
    private readonly SqliteClaims _inAnyOrder;

    public SqliteReader(SqliteConnection connection, SqliteBookkeeping books)
    {
        Connection = connection;
        _findKey = new(connection, "SELECT event_id FROM event_key WHERE updated_at = ? AND digest = ?");
        _payload = new(connection, "SELECT bytes FROM payload WHERE seq = (SELECT seq FROM event WHERE id = ?)");
        _inTaskOrder = new SqliteClaims(connection, books, oneOfTask: true);
        _inAnyOrder = new SqliteClaims(connection, books, oneOfTask: false);
        Traces = new SqliteTraces(connection);
    }

    /// <summary>For reads that are too rare to be kept prepared.</summary>
    public SqliteConnection Connection { get; }

    public SqliteTraces Traces { get; }

    public SqliteClaims Claims(bool inTaskOrder) => inTaskOrder ? _inTaskOrder : _inAnyOrder;

    public Guid? FindKey(EventKey key)
    {
        var found = _findKey.With(key.UpdatedAtMs).With(key.Digest).Step();
        Guid? id = found ? _findKey.Guid(0) : null;
        _findKey.Reset();
        return id;
    }

    /// <summary>The payload in pooled memory; null when there is no such event.</summary>
    public Payload? Payload(Guid eventId)
    {
        try
        {
            if (!_payload.With(eventId).Step())
                return null;

            return Envelopes.Payload.Of(_payload.Blob(0));
        }
        finally
        {
            _payload.Reset();
        }
    }

    public void Dispose()
    {
        foreach (var disposable in (IDisposable[])[_findKey, _payload, _inTaskOrder, _inAnyOrder, Traces, Connection])
            disposable.Dispose();
    }
}
