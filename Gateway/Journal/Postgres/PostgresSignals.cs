using System.Collections.Concurrent;
using System.Threading.Channels;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// Wakes lanes, here and at the other gateways. LISTEN has a connection of its own; NOTIFY is sent apart from every commit,
/// because inside of one it would make all commits wait for each other. What is lost is found by <see cref="PostgresWatch"/>.
/// </summary>
internal sealed partial class PostgresSignals(PostgresDatabase database, Guid owner, TimeProvider timeProvider, ILogger logger)
{
    // Half of what NOTIFY takes: 7,999 bytes.
    private const int LongestNote = 4000;
    private const string LanesChanged = "*";

    private static readonly TimeSpan BetweenNotes = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    private readonly WorkSignals _local = new(timeProvider);
    private readonly ConcurrentDictionary<string, bool> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _idle = new(StringComparer.Ordinal);
    private readonly Channel<string> _news = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    private CancellationToken _closing;

    /// <summary>Consumers that somebody here waits for.</summary>
    public ICollection<string> Waiting => _waiting.Keys;

    /// <summary>Called when lanes have changed at another gateway, and when notes may have been missed.</summary>
    public Func<CancellationToken, Task>? Look { get; set; }

    public Task WaitAsync(string consumer, TimeSpan limit, CancellationToken cancellationToken)
    {
        _waiting.TryAdd(consumer, true);
        return _local.WaitAsync(consumer, limit, cancellationToken);
    }

    /// <summary>A lane here has claimed. One that found nothing is idle: it has room for what comes.</summary>
    public void Claimed(string consumer, int count) => _idle[consumer] = count == 0;

    /// <summary>Wakes the lanes of this gateway.</summary>
    public void Pulse(string consumer) => _local.Pulse(consumer);

    /// <summary>
    /// There is new work: wakes lanes here at once, and those of the others soon where the one here is busy. An idle one takes
    /// it alone: with many gateways nearly all who are woken would find nothing.
    /// </summary>
    public void Announce(IEnumerable<string> consumers)
    {
        foreach (var consumer in consumers)
        {
            if (!_idle.GetValueOrDefault(consumer))
                _news.Writer.TryWrite(consumer);

            Pulse(consumer);
        }
    }

    /// <summary>A lane was paused or resumed, or its circuit has changed.</summary>
    public void AnnounceLane(string consumer)
    {
        Pulse(consumer);
        _news.Writer.TryWrite(LanesChanged);
    }

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        _closing = cancellationToken;
        return Task.WhenAll(TellAsync(cancellationToken), HearAsync(cancellationToken));
    }

    /// <summary>Tells the others once more, for an end.</summary>
    public async Task TellLastAsync(IEnumerable<string> consumers, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        await SendAsync(connection, [.. consumers], cancellationToken);
    }

    // Not on the clock that is passed in: this is the pace of a wire, and decides nothing.
    private static Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        Task.Delay(pause, TimeProvider.System, cancellationToken);

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            while (await _news.Reader.WaitToReadAsync(cancellationToken))
            {
                var consumers = new HashSet<string>(StringComparer.Ordinal);
                while (_news.Reader.TryRead(out var consumer))
                    consumers.Add(consumer);

                try
                {
                    connection ??= await database.ConnectAsync(cancellationToken);
                    await SendAsync(connection, consumers, cancellationToken);
                    await PauseAsync(BetweenNotes, cancellationToken);
                }
                catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
                {
                    // The others find the work by themselves.
                    await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
                    connection = null;
                    await PauseAsync(AfterFault, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The journal closes.
        }
        finally
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private async Task SendAsync(NpgsqlConnection connection, HashSet<string> consumers, CancellationToken cancellationToken)
    {
        foreach (var names in consumers.Order(StringComparer.Ordinal).Chunk(LongestNote / 65))
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add("SELECT pg_notify('ango_gateway_' || oid, $1) FROM pg_namespace WHERE nspname = current_schema()")
                .With($"{owner:N} {string.Join(',', names)}");
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task HearAsync(CancellationToken cancellationToken)
    {
        var failing = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.ConnectAsync(cancellationToken);
                connection.Notification += (_, note) => Hear(note.Payload);
                await using var schema = new NpgsqlCommand("SELECT 'LISTEN ango_gateway_' || oid FROM pg_namespace WHERE nspname = current_schema()", connection);
                await using var listen = new NpgsqlCommand((string)(await schema.ExecuteScalarAsync(cancellationToken))!, connection);
                await listen.ExecuteNonQueryAsync(cancellationToken);
                failing = false;
                await LookAsync();
                while (true)
                    await connection.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            // The last resort of this loop: without it a gateway still works, only less promptly.
            catch (Exception exception)
            {
                if (!failing)
                    Log.Deaf(logger, PostgresFaults.InWords(exception));

                failing = true;
                await PauseAsync(AfterFault, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(string note)
    {
        if (note.Split(' ') is not [var sender, var names] || sender == owner.ToString("N"))
            return;

        foreach (var name in names.Split(','))
        {
            if (name == LanesChanged)
                _ = LookAsync();
            else
                Pulse(name);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            await (Look?.Invoke(_closing) ?? Task.CompletedTask);
        }
        catch (Exception exception) when (exception is JournalUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            // The next look is a second away.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Other gateways are not heard; their news is looked for every second instead: {Fault}")]
        public static partial void Deaf(ILogger logger, string fault);
    }
}
