using System.Data.Common;
using System.Text;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// The connections to one database. What carries webhooks and deliveries has connections of its own, so that an operator's
/// long look does not hold it up.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private const int Retries = 5;

    // Committers and the keepers of leases beside them: enough for a core or two of the database.
    private const int BusyReaders = 8;
    private const int BusyConnections = BusyReaders + 12;
    private const int OperatorConnections = 8;

    // A webhook waits for its commit no longer; counting a long backlog may take its time.
    private const int BusySeconds = 10;
    private const int OperatorSeconds = 60;

    // Ours unless the connection string says otherwise. Numbers without a unit are seconds.
    private static readonly (string Key, string Value)[] Defaults =
    [
        ("Timeout", "3"), ("Cancellation Timeout", "1000"), ("Keepalive", "10"),
        ("Host Recheck Seconds", "1"), ("Max Auto Prepare", "64"), ("Auto Prepare Min Usages", "2"),
        ("Write Buffer Size", "32768"), ("Read Buffer Size", "32768"),
    ];

    // A setting that the server does not know is left out: not every engine that speaks the protocol has all of them.
    private static readonly (string Name, string Value)[] Session =
    [
        ("default_transaction_isolation", "read committed"),
        // A gateway that is frozen inside a transaction must not hold its locks for long.
        ("idle_in_transaction_session_timeout", "10s"),
        // Costs look huge where sequential scans are off; compiling such a statement takes longer than running it.
        ("jit", "off"),
    ];

    // Every hot statement has an index to seek in. A plan that was made while a table was empty would scan it for ever.
    // So do the two sides of every join, each bounded by itself (PostgresSql.Among), and then a hash is never far off.
    private static readonly (string Name, string Value)[] Seek =
    [
        ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_mergejoin", "off"), ("enable_nestloop", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ];

    private readonly NpgsqlDataSource _busy;
    private readonly NpgsqlDataSource _operator;
    private readonly SemaphoreSlim _readers = new(BusyReaders);
    private readonly TimeProvider? _clock;

    public PostgresDatabase(PostgresJournalOptions options, ILogger logger)
    {
        var text = new NpgsqlConnectionStringBuilder(options.Database().ConnectionString);
        Name = $"{text.Database ?? text.Username} on {text.Host}";
        SearchPath = text.SearchPath;
        _clock = options.Clock;
        Health = new PostgresHealth(Name, logger);
        _busy = Build(options, "ango-gateway", BusyConnections, BusySeconds, [.. Session, .. Seek]);
        _operator = Build(options, "ango-gateway upkeep", OperatorConnections, OperatorSeconds, Session);
    }

    /// <summary>For messages: database and hosts, nothing secret.</summary>
    public string Name { get; }

    /// <summary>As the connection string has it; null: the role's own.</summary>
    public string? SearchPath { get; }

    public PostgresHealth Health { get; }

    /// <summary>The tests' time in Unix milliseconds; null: the database's clock, see <see cref="PostgresSql.Now"/>.</summary>
    public long? Now => _clock?.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A connection of its own, which the caller closes; not for statements that may be asked for often.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) => await _operator.OpenConnectionAsync(cancellationToken);

    /// <summary>Runs what carries webhooks and deliveries; again when another transaction was in the way.</summary>
    /// <param name="body">May run several times, always from nothing.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    /// <exception cref="JournalUnavailableException">The database is away; whether it committed is unknown.</exception>
    /// <exception cref="PostgresRowException">A value was refused; nothing was written.</exception>
    public Task<T> BusyAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> body, CancellationToken cancellationToken) =>
        RunAsync(_busy, body, Health.Failed, cancellationToken);

    /// <summary>The same for reads that many may ask for at once: more than a few wait for each other.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(_busy, body, Health.Failed, cancellationToken);
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>The same as <see cref="BusyAsync"/> for an operator; that it took too long says nothing about the database.</summary>
    public Task<T> OperatorAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> body, CancellationToken cancellationToken) =>
        RunAsync(_operator, body, exception => $"The journal's database {Name} did not answer: {PostgresFaults.InWords(exception)}", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _busy.DisposeAsync();
        await _operator.DisposeAsync();
        _readers.Dispose();
    }

    private async Task<T> RunAsync<T>(
        NpgsqlDataSource source, Func<NpgsqlConnection, CancellationToken, Task<T>> body, Func<Exception, string> failed, CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                return await body(connection, cancellationToken);
            }
            // Where Npgsql's failures turn into ours.
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                switch (PostgresFaults.Classify(exception))
                {
                    case PostgresFault.Again when tried < Retries:
                        continue;
                    case PostgresFault.Again:
                        throw new JournalUnavailableException($"The journal's database {Name} was busy: {PostgresFaults.InWords(exception)}", exception);
                    // Not the database's: there is no such thing, or it was asked for in a wrong way.
                    case PostgresFault.Row when exception is KeyNotFoundException or (ArgumentException and not EncoderFallbackException):
                        throw;
                    case PostgresFault.Row:
                        throw new PostgresRowException(exception);
                    default:
                        var fault = failed(exception);
                        // Idle connections may be dead as well: each would fail somebody.
                        source.Clear();
                        throw new JournalUnavailableException(fault, exception);
                }
            }
        }
    }

    private static NpgsqlDataSource Build(PostgresJournalOptions options, string name, int connections, int seconds, (string Name, string Value)[] settings)
    {
        var written = options.Database().ConnectionString;
        var given = new DbConnectionStringBuilder { ConnectionString = written };
        var builder = new NpgsqlDataSourceBuilder(written);
        var text = builder.ConnectionStringBuilder;
        foreach (var (key, value) in Defaults.Where(ours => !given.ContainsKey(ours.Key)))
            text[key] = value;

        text.ApplicationName ??= name;

        text.CommandTimeout = seconds;
        text.MaxPoolSize = connections;
        // Settings are made once per connection and must stay.
        text.NoResetOnClose = true;
        text.Enlist = false;
        text.IncludeErrorDetail = false;
        if (text.Password is not null)
        {
            text.Password = null;
            builder.UsePasswordProvider(
                _ => PasswordOf(options), (_, _) => ValueTask.FromResult(PasswordOf(options)));
        }

        builder.UsePhysicalConnectionInitializer(
            connection => throw new NotSupportedException("Connections are opened asynchronously."),
            connection => SetUpAsync(connection, settings));
        return text.Host!.Contains(',', StringComparison.Ordinal)
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }

    private static string PasswordOf(PostgresJournalOptions options) =>
        new NpgsqlConnectionStringBuilder(options.Database().ConnectionString).Password ?? "";

    private static async Task SetUpAsync(NpgsqlConnection connection, (string Name, string Value)[] settings)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("SELECT set_config(s.name, s.value, false) FROM unnest($1, $2) AS s(name, value) JOIN pg_settings USING(name)")
            .With(Array.ConvertAll(settings, setting => setting.Name)).With(Array.ConvertAll(settings, setting => setting.Value));
        // A commit that returns must be on the disk, whatever the role's default is.
        batch.Add("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')");
        await batch.ExecuteNonQueryAsync();
    }
}

/// <summary>A value that the database refuses, or that could not be sent to it. Nothing was written.</summary>
internal sealed class PostgresRowException(Exception inner) : Exception(PostgresFaults.InWords(inner), inner);
