using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Journal;

/// <summary>A few reading connections, lent to one caller at a time.</summary>
internal sealed class SqliteReaders : IDisposable
{
    // Reads take tens of microseconds out of the page cache; more connections than cores only hold memory.
    private const int Count = 4;

    private readonly Channel<SqliteReader> _free = Channel.CreateBounded<SqliteReader>(Count);
    private readonly string _path;

    private readonly SqliteHealth _health;

    public SqliteReaders(string path, SqliteHealth health, SqliteBookkeeping books)
    {
        (_path, _health) = (path, health);
        for (var i = 0; i < Count; i++)
            _free.Writer.TryWrite(new SqliteReader(SqliteSchema.Connect(path, "query_only=ON; PRAGMA cache_size=-4096"), books));
    }

    /// <summary>Runs one short read: a long one would pin the log.</summary>
    /// <exception cref="JournalUnavailableException">The journal is closed, or the file could not be read.</exception>
    public async ValueTask<T> Read<T>(Func<SqliteReader, T> read, CancellationToken cancellationToken)
    {
        var reader = await Rent(cancellationToken);
        try
        {
            return read(reader);
        }
        catch (SqliteException exception)
        {
            if (exception.SqliteErrorCode is 11 or 26) // SQLITE_CORRUPT, SQLITE_NOTADB
                _ = _health.Failed(exception);

            throw new JournalUnavailableException($"The journal {_path} could not be read: {exception.Message}", exception);
        }
        finally
        {
            if (!_free.Writer.TryWrite(reader))
                reader.Dispose(); // closed meanwhile
        }
    }

    public void Dispose()
    {
        _free.Writer.TryComplete();
        while (_free.Reader.TryRead(out var reader))
            reader.Dispose();
    }

    private async ValueTask<SqliteReader> Rent(CancellationToken cancellationToken)
    {
        try
        {
            return await _free.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new JournalUnavailableException("The journal is closed.");
        }
    }
}
