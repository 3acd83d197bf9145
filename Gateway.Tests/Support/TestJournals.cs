using System.Globalization;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AngoGateway.Tests.Support;

/// <summary>Journals in a temporary folder that goes with the test, and things to put into them.</summary>
internal sealed class TestJournals : IAsyncDisposable
{
    // Nothing in hand is ever handed out again, however far a test moves its clock.
    private static readonly TimeSpan NeverEnding = TimeSpan.FromDays(10_000);

    private static int _schemas;

    private readonly List<IJournal> _open = [];

    public TestJournals() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public string File => Path.Combine(Folder, "gateway.db");

    public Retention Retention { get; set; } = new(TimeSpan.FromDays(7), TimeSpan.FromDays(365), TimeSpan.FromDays(90));

    public SqliteJournal OpenSqlite(
        TimeProvider timeProvider, Func<SqliteJournalOptions, SqliteJournalOptions>? with = null, ILogger<SqliteJournal>? logger = null)
    {
        var options = new SqliteJournalOptions(File, () => Retention, EndProcess: fault => Assert.Fail(fault));
        var journal = SqliteJournal.Open(with?.Invoke(options) ?? options, timeProvider, logger ?? NullLogger<SqliteJournal>.Instance);
        _open.Add(journal);
        return journal;
    }

    /// <summary>Of this object's journals in PostgreSQL: several are gateways that share it.</summary>
    public string Schema { get; } = $"test_{Interlocked.Increment(ref _schemas)}";

    public async Task<PostgresJournal> OpenPostgresAsync(
        TimeProvider timeProvider, Func<PostgresJournalOptions, PostgresJournalOptions>? with = null, ILogger<PostgresJournal>? logger = null)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString(Schema)));
        var options = new PostgresJournalOptions(() => database, () => Retention, () => "revision", Lease: NeverEnding, Clock: timeProvider);
        var journal = await PostgresJournal.OpenAsync(with?.Invoke(options) ?? options, timeProvider, logger ?? NullLogger<PostgresJournal>.Instance, default);
        _open.Add(journal);
        return journal;
    }

    public MemoryJournal OpenMemory(TimeProvider timeProvider)
    {
        var journal = new MemoryJournal(() => Retention, timeProvider);
        _open.Add(journal);
        return journal;
    }

    /// <summary>What a person with the sqlite3 tool sees.</summary>
    public long Number(string sql) => Convert.ToInt64(Scalar(sql), CultureInfo.InvariantCulture);

    public object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>An event of a task of its own.</summary>
    public static StoredEvent Event(TimeProvider timeProvider, int task, Disposition disposition = Disposition.Routed)
    {
        var now = timeProvider.GetUtcNow();
        var updatedAt = now.AddMinutes(-1);
        return new StoredEvent(
            Guid.CreateVersion7(now),
            new EventKey(updatedAt.ToUnixTimeMilliseconds(), (UInt128)(uint)task + 1),
            now,
            "ango",
            new Envelope(Project: "p", TaskId: $"t{task}", Stage: "Review", UpdatedAt: updatedAt.ToString("O", CultureInfo.InvariantCulture)),
            disposition);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var journal in _open)
            await journal.DisposeAsync();

        Directory.Delete(Folder, recursive: true);
    }
}
