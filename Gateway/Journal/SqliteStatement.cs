using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AngoGateway.Journal;

/// <summary>
/// A prepared statement without ADO.NET: values are bound in order by <see cref="With(long)"/>, spans go in and come out
/// without a managed copy. Not thread-safe, as its connection is not.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        Check(raw.sqlite3_prepare_v2(_connection, sql, out _statement));
    }

    public SqliteStatement With(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    public SqliteStatement With(long? value)
    {
        Check(value is { } number
            ? raw.sqlite3_bind_int64(_statement, ++_bound, number)
            : raw.sqlite3_bind_null(_statement, ++_bound));
        return this;
    }

    /// <summary>Bound by length: text of a payload may hold U+0000.</summary>
    public SqliteStatement With(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            // An empty span has no address, which SQLite takes for null.
            Check(value is null
                ? raw.sqlite3_bind_null(_statement, ++_bound)
                : raw.sqlite3_bind_text(_statement, ++_bound, ""));
            return this;
        }

        var room = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        Span<byte> bytes = room <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(room));
        Check(raw.sqlite3_bind_text(_statement, ++_bound, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);

        return this;
    }

    public SqliteStatement With(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, ++_bound, 0)
            : raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Moves to the next row; after the last one the statement is ready to be bound anew.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;

        var failure = code == raw.SQLITE_DONE ? null : Failure();
        Reset();
        return failure is null ? false : throw failure;
    }

    /// <summary>Runs to the end, whatever rows there are.</summary>
    /// <returns>How many rows an INSERT, UPDATE or DELETE changed.</returns>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_connection);
    }

    /// <summary>Ends a statement before its last row; a read that is not ended pins the log.</summary>
    public void Reset()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
        _bound = 0;
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int32(int column) => raw.sqlite3_column_int(_statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public string? Text(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Blob(column));

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Failure();
    }

    private SqliteException Failure() => new(
        raw.sqlite3_errmsg(_connection).utf8_to_string(),
        raw.sqlite3_errcode(_connection),
        raw.sqlite3_extended_errcode(_connection));
}
