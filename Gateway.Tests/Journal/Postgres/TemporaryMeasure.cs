using System.Diagnostics;
using System.Text;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace AngoGateway.Tests.Journal.Postgres;

public sealed class TemporaryMeasure(ITestOutputHelper output)
{
    [Fact]
    public async Task Measure()
    {
        for (var round = 0; round < 2; round++)
        {
            await using var journals = new TestJournals();
            var sqlite = journals.OpenSqlite(TimeProvider.System);
            await Run("sqlite", [sqlite], newest: false);
            var cluster = await PostgresCluster.SharedAsync();
            var one = await Open(cluster, $"m{round}a");
            await Run("postgres 1", [one], newest: false);
            await Run("postgres 1, newest only", [one], newest: true);
            await Drain("postgres drain", one, inTaskOrder: false);
            var two = new[] { await Open(cluster, $"m{round}b"), await Open(cluster, $"m{round}b") };
            await Run("postgres 2 replicas", two, newest: false);
            await Drain("postgres drain in order", two[0], inTaskOrder: true);
            foreach (var journal in two.Append(one))
                await journal.DisposeAsync();
        }
    }

    private static Task<PostgresJournal> Open(PostgresCluster cluster, string schema)
    {
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString(schema)));
        return PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => database, () => Retention.From(new RetentionConfig()), () => "r"), TimeProvider.System, NullLogger<PostgresJournal>.Instance, default);
    }

    private async Task Run(string name, IJournal[] journals, bool newest)
    {
        var payload = new byte[2048];
        new Random(1).NextBytes(payload);
        var times = new List<double>[64];
        var id = 0;
        var total = 0;
        foreach (var (seconds, counted) in new[] { (2, false), (4, true) })
        {
            total = 0;
            var until = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
            await Task.WhenAll(Enumerable.Range(0, 64).Select(sender => Task.Run(async () =>
            {
                times[sender] = [];
                while (Stopwatch.GetTimestamp() < until)
                {
                    var number = Interlocked.Increment(ref id);
                    var now = TimeProvider.System.GetUtcNow();
                    var e = new StoredEvent(Guid.CreateVersion7(now), new EventKey(now.ToUnixTimeMilliseconds(), (UInt128)Random.Shared.NextInt64() << 32 | (uint)number), now, "ango",
                        new Envelope(Project: "p", TaskId: $"t{number % 5000}", Stage: "Review", UpdatedAt: now.ToString("O", null)));
                    var began = Stopwatch.GetTimestamp();
                    var result = await journals[sender % journals.Length].AppendAsync(e, payload, [new NewDelivery("training", NewestOnly: newest)], default);
                    times[sender].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    if (result.Status == AppendStatus.Accepted)
                        Interlocked.Increment(ref total);
                }
            })));
        }

        var all = times.SelectMany(one => one).Order().ToArray();
        output.WriteLine($"{name}: {total / 4.0:0}/s p50 {all[all.Length / 2]:0.0} p99 {all[(int)(all.Length * 0.99)]:0.0} ms");
    }

    private async Task Drain(string name, IJournal journal, bool inTaskOrder)
    {
        var done = 0;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began).TotalSeconds < 4)
            {
                var claimed = await journal.ClaimAsync("training", 100, inTaskOrder, default);
                await Task.WhenAll(claimed.Select(async one =>
                {
                    using var payload = await journal.ReadPayloadAsync(one.Event.Id, default);
                    await journal.SettleAsync(one, new Settlement(DeliveryState.Delivered, null, new Attempt(1, TimeProvider.System.GetUtcNow(), TimeSpan.Zero, null, 200, null, null)), default);
                    Interlocked.Increment(ref done);
                }));
            }
        })));
        output.WriteLine($"{name}: {done / Stopwatch.GetElapsedTime(began).TotalSeconds:0}/s");
    }
}
