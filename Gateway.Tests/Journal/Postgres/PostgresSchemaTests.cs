using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>What a start does with the database.</summary>
public sealed class PostgresSchemaTests : IAsyncLifetime
{
    private static int _made;

    private readonly string _schema = $"start_{Interlocked.Increment(ref _made)}";
    private PostgresCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await PostgresCluster.SharedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Ten_gateways_that_start_together_migrate_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => PrepareAsync())));

        Assert.Equal(PostgresSchema.Newest, await Number("SELECT max(number) FROM schema_version"));
        Assert.Equal((long)PostgresSchema.Newest, await Number("SELECT count(*) FROM schema_version"));
    }

    [Fact]
    public async Task Partitions_are_made_ahead_once_and_an_id_finds_that_of_its_day()
    {
        await PrepareAsync();
        var now = new DateTimeOffset(2026, 3, 1, 23, 59, 59, 999, TimeSpan.Zero);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => MakeAsync(now, TimeSpan.FromDays(7)))));

        Assert.Equal("20260301 20260302 20260303 20260304", await _cluster.ScalarAsync("SELECT string_agg(name, ' ' ORDER BY name) FROM span", _schema));
        foreach (var (at, partition) in new[] { (now, "payload_20260301"), (now.AddMilliseconds(1), "payload_20260302"), (now.AddYears(-1), "payload_default") })
        {
            var id = Guid.CreateVersion7(at);
            await _cluster.ExecuteAsync($"INSERT INTO payload VALUES('{id}', '')", _schema);
            Assert.Equal(partition, await _cluster.ScalarAsync($"SELECT tableoid::regclass::text FROM payload WHERE event_id = '{id}'", _schema));
        }
    }

    [Fact]
    public async Task A_day_whose_events_came_before_its_partition_is_left_where_they_are()
    {
        await PrepareAsync();
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        await _cluster.ExecuteAsync($"INSERT INTO payload VALUES('{Guid.CreateVersion7(now.AddDays(1))}', '')", _schema);

        await MakeAsync(now, TimeSpan.FromDays(7));

        Assert.Equal("20260302", await _cluster.ScalarAsync("SELECT string_agg(name, ' ') FROM span WHERE NOT attached", _schema));
        Assert.Equal(3L, await Number("SELECT count(*) FROM span WHERE attached"));
    }

    [Theory]
    [InlineData(31, 1)]
    [InlineData(200, 7)]
    [InlineData(365, 28)]
    public async Task The_longer_events_are_kept_the_longer_is_a_partition(int kept, int days)
    {
        await PrepareAsync();

        await MakeAsync(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), TimeSpan.FromDays(kept));

        Assert.Equal(days * 86_400_000L, await Number("SELECT min(ends_at - starts_at) FROM span"));
    }

    [Fact]
    public async Task A_newer_schema_is_used_when_it_says_so_and_refused_otherwise()
    {
        await PrepareAsync();
        await _cluster.ExecuteAsync($"INSERT INTO schema_version VALUES({PostgresSchema.Newest + 1}, {PostgresSchema.Newest})", _schema);
        await PrepareAsync();

        await _cluster.ExecuteAsync($"INSERT INTO schema_version VALUES({PostgresSchema.Newest + 2}, {PostgresSchema.Newest + 1})", _schema);

        Assert.Contains("was upgraded by a newer gateway", await RefusalAsync(_cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_is_running_goes_on_while_a_newer_one_adds_columns_and_indexes()
    {
        await using var journals = new TestJournals();
        var journal = await journals.OpenPostgresAsync(TimeProvider.System);
        for (var task = 0; task < 5; task++) // its statements are prepared by then
            await UseAsync(journal, task);

        await _cluster.ExecuteAsync(
            $"""
            ALTER TABLE event ADD COLUMN added text;
            ALTER TABLE delivery ADD COLUMN added bigint NOT NULL DEFAULT 0;
            ALTER TABLE lane ADD COLUMN added text;
            CREATE INDEX added ON delivery(added);
            INSERT INTO schema_version VALUES({PostgresSchema.Newest + 1}, {PostgresSchema.Newest})
            """,
            journals.Schema);

        for (var task = 5; task < 10; task++)
            await UseAsync(journal, task);

        Assert.Null(journal.Health.Fault);
    }

    [Fact]
    public async Task Tables_of_another_program_are_left_alone()
    {
        await _cluster.ExecuteAsync($"CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.event(name text)");

        Assert.Contains("Search Path=", await RefusalAsync(_cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_sync_or_does_not_answer_is_refused_with_what_to_do()
    {
        var cluster = await PostgresCluster.StartNewAsync("fsync=off", "synchronous_commit=off");
        Assert.Contains("Set fsync = on", await RefusalAsync(cluster), StringComparison.Ordinal);

        await using (var database = Database(cluster))
        await using (var connection = await database.ConnectAsync(default))
        {
            Assert.Equal("on", await new NpgsqlCommand("SHOW synchronous_commit", connection).ExecuteScalarAsync());
        }

        await cluster.DisposeAsync();
        var refusal = await RefusalAsync(cluster);
        Assert.Contains("Check that it runs", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresCluster.Password, refusal, StringComparison.Ordinal);
    }

    private static async Task UseAsync(PostgresJournal journal, int task)
    {
        Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(TestJournals.Event(TimeProvider.System, task), Payload.Of("{}"u8.ToArray()), [new NewDelivery("a")], default)).Status);
        var claimed = Assert.Single(await journal.ClaimAsync("a", 10, inTaskOrder: task % 2 == 0, default));
        Assert.True(await journal.SettleAsync(claimed, new Settlement(DeliveryState.Delivered, null, null), default));
        await journal.SetPausedAsync("a", null, default);
        Assert.Single(await journal.ListAsync(new JournalFilter(ItemState.Delivered), null, 1, default));
    }

    private PostgresDatabase Database(PostgresCluster cluster) => new(
        new PostgresJournalOptions(
            () => new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString(_schema))), () => Retention.From(new RetentionConfig()), () => "revision"),
        NullLogger.Instance);

    private async Task PrepareAsync(PostgresCluster? cluster = null)
    {
        await using var database = Database(cluster ?? _cluster);
        await PostgresSchema.PrepareAsync(database, default);
    }

    private async Task<string> RefusalAsync(PostgresCluster cluster) =>
        (await Assert.ThrowsAsync<JournalUnavailableException>(() => PrepareAsync(cluster))).Message;

    private async Task MakeAsync(DateTimeOffset now, TimeSpan kept)
    {
        await using var database = Database(_cluster);
        await using var connection = await database.ConnectAsync(default);
        await PostgresPartitions.MakeAsync(connection, now.ToUnixTimeMilliseconds(), kept, default);
    }

    private async Task<long> Number(string sql) => Convert.ToInt64(await _cluster.ScalarAsync(sql, _schema), null);
}
