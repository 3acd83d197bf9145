using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>A day of a busy PostgreSQL journal in minutes: all events kept, some retried, some dead, the vacuum running.</summary>
[Trait("Row", "postgres-churn")]
public sealed class ChurnTests : IAsyncDisposable
{
    private const int Hours = 24;
    private const int Senders = 32;
    private const int Claimers = 2;
    private const string Consumer = "training";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _payload = new byte[2000];
    private PostgresCluster? _cluster;
    private int _task;

    [Fact]
    public async Task A_journal_is_as_quick_with_a_days_events_as_it_was_without()
    {
        var perHour = Size(2_400, 1_000_000) / Hours;
        _cluster = await PostgresCluster.StartNewAsync("shared_buffers=1GB", "max_wal_size=4GB");
        await using var journal = await OpenAsync(_cluster);
        Random.Shared.NextBytes(_payload);
        await HourAsync(journal, perHour); // compilers and caches settle
        var hours = new List<HourFigures>();
        for (var hour = 0; hour < Hours; hour++)
            hours.Add(await HourAsync(journal, perHour));

        var kept = (long)(await _cluster.ScalarAsync("SELECT count(*) FROM event"))!;
        Assert.Equal((Hours + 1L) * perHour, kept);
        var (first, last) = (HourFigures.Of(hours.Take(3)), HourFigures.Of(hours.TakeLast(3)));
        foreach (var (name, before, after) in ((string, TimeSpan, TimeSpan)[])
            [("accept", first.Accept(0.5), last.Accept(0.5)), ("claim", first.Claim(0.5), last.Claim(0.5))])
        {
            Figure(after <= 1.5 * before, $"{name} p50 {before.TotalMilliseconds:0.00} ms at the start, {after.TotalMilliseconds:0.00} ms at the end");
        }

        Report($"{kept:N0} events kept, 24 h of churn compressed (PostgreSQL)",
            $"accept p50 {first.Accept(0.5).TotalMilliseconds:0.0} ms in the first three hours, {last.Accept(0.5).TotalMilliseconds:0.0} ms in the last three ({last.Accept(0.5) / first.Accept(0.5):0.00}x), p99 {first.Accept(0.99).TotalMilliseconds:0.0} and {last.Accept(0.99).TotalMilliseconds:0.0} ms ({last.Accept(0.99) / first.Accept(0.99):0.00}x); claim of 64 p50 {first.Claim(0.5).TotalMilliseconds:0.0} and {last.Claim(0.5).TotalMilliseconds:0.0} ms ({last.Claim(0.5) / first.Claim(0.5):0.00}x), p99 {first.Claim(0.99).TotalMilliseconds:0.0} and {last.Claim(0.99).TotalMilliseconds:0.0} ms ({last.Claim(0.99) / first.Claim(0.99):0.00}x); {await _cluster.ScalarAsync("SELECT sum(n_dead_tup) FROM pg_stat_user_tables")} dead rows left");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is { } cluster)
            await cluster.DisposeAsync();
    }

    private async Task<PostgresJournal> OpenAsync(PostgresCluster cluster)
    {
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString()));
        return await PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => database, () => Retention.From(new RetentionConfig()), () => "revision", Clock: _time),
            TimeProvider.System, NullLogger<PostgresJournal>.Instance, default);
    }

    /// <summary>Events come and are delivered beside each other, then the clock goes on by an hour.</summary>
    private async Task<HourFigures> HourAsync(PostgresJournal journal, int events)
    {
        var figures = new HourFigures();
        var left = events;
        var open = events;
        await Task.WhenAll([
            .. Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync)),
            .. Enumerable.Range(0, Claimers).Select(_ => Task.Run(DeliverAsync))]);
        _time.Advance(TimeSpan.FromHours(1));
        return figures;

        async Task SendAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var @event = TestJournals.Event(_time, Interlocked.Increment(ref _task));
                var began = Stopwatch.GetTimestamp();
                Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(@event, Payload.Of(_payload), [new NewDelivery(Consumer)], default)).Status);
                figures.Accepts.Add(Stopwatch.GetElapsedTime(began));
            }
        }

        async Task DeliverAsync()
        {
            while (Volatile.Read(ref open) > 0)
            {
                var began = Stopwatch.GetTimestamp();
                var claimed = await journal.ClaimAsync(Consumer, 64, inTaskOrder: false, default);
                if (claimed.Count == 64)
                    figures.Claims.Add(Stopwatch.GetElapsedTime(began));
                if (claimed.Count == 0)
                    await journal.WaitForWorkAsync(Consumer, TimeSpan.FromMilliseconds(50), default);

                await Task.WhenAll(claimed.Select(delivery => journal.SettleAsync(delivery, OutcomeOf(delivery), default).AsTask()));
                Interlocked.Add(ref open, -claimed.Count(delivery => delivery.Attempts == 0));
            }
        }
    }

    // Of a hundred one is refused for good, and five fail once and are due in the next hour.
    private Settlement OutcomeOf(Delivery delivery)
    {
        var attempt = new Attempt(delivery.Attempts + 1, _time.GetUtcNow(), TimeSpan.FromMilliseconds(5), "http://training:9000", 200, null, null);
        return (delivery.Attempts, delivery.Event.Id.ToByteArray()[15] % 100) switch
        {
            (0, 0) => new Settlement(DeliveryState.Dead, null, attempt with { Status = 410 }),
            (0, < 6) => new Settlement(DeliveryState.Pending, _time.GetUtcNow().AddMinutes(30), attempt with { Status = 503 }),
            _ => new Settlement(DeliveryState.Delivered, null, attempt),
        };
    }

    private sealed record HourFigures
    {
        public ConcurrentBag<TimeSpan> Accepts { get; private init; } = [];

        public ConcurrentBag<TimeSpan> Claims { get; private init; } = [];

        public static HourFigures Of(IEnumerable<HourFigures> hours)
        {
            var all = hours.ToArray();
            return new HourFigures { Accepts = [.. all.SelectMany(hour => hour.Accepts)], Claims = [.. all.SelectMany(hour => hour.Claims)] };
        }

        public TimeSpan Accept(double share) => Percentile(Accepts, share);

        public TimeSpan Claim(double share) => Percentile(Claims, share);
    }
}
