using System.Text;
using System.Text.RegularExpressions;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Journal.Postgres;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace AngoGateway.Tests.Journal.Postgres;

/// <summary>
/// How PostgreSQL carries out what is on the way of webhooks and deliveries, as its own module auto_explain logs it: every look
/// into a table that grows is a seek into an index.
/// </summary>
public sealed partial class PostgresPlanTests
{
    private const string Growing = "event|payload|delivery|attempt|event_key|newest";

    [Fact]
    public async Task No_statement_on_the_way_of_a_webhook_reads_through_a_table()
    {
        await using var cluster = await PostgresCluster.StartNewAsync(
            "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "log_line_prefix=<%a> ");
        var database = new JournalDatabase(Encoding.UTF8.GetBytes(cluster.ConnectionString()));
        await using (var journal = await PostgresJournal.OpenAsync(
            new PostgresJournalOptions(() => database, () => Retention.From(new RetentionConfig()), () => "revision"),
            TimeProvider.System, NullLogger<PostgresJournal>.Instance, default))
        {
            // Several times: a statement is prepared, and its plan kept, after the second.
            for (var turn = 0; turn < 8; turn++)
                await UseAsync(journal, turn);
        }

        await cluster.StopAsync();
        var plans = Entry().Split(cluster.Log).Where(entry => entry.StartsWith("<ango-gateway> ", StringComparison.Ordinal) && entry.Contains("plan:", StringComparison.Ordinal)).ToArray();
        Assert.True(plans.Select(plan => QueryText().Match(plan).Value).Distinct().Count() >= 18, "The statements are not in the log.");
        Assert.DoesNotContain(plans, plan => ReadThrough().IsMatch(plan));
        // An index without a condition is read from its beginning.
        Assert.DoesNotContain(plans, plan => IndexScan().Count(plan) > IndexCondition().Count(plan));
    }

    private static async Task UseAsync(PostgresJournal journal, int turn)
    {
        var attempt = new Attempt(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://a:9000", 200, null, null);
        var first = Event(turn, 1);
        await AppendAsync(journal, first, new NewDelivery("plain"), new NewDelivery("ordered"), new NewDelivery("newest", NewestOnly: true), new NewDelivery("done", attempt));
        await AppendAsync(journal, Event(turn, 2), new NewDelivery("newest", NewestOnly: true));
        foreach (var (consumer, inTaskOrder) in ((string, bool)[])[("plain", false), ("ordered", true), ("newest", false)])
        {
            var claimed = await journal.ClaimAsync(consumer, 10, inTaskOrder, default);
            Assert.NotEmpty(claimed);
            await journal.NextDueAsync(consumer, inTaskOrder, default);
            using (await journal.ReadPayloadAsync(claimed[0].Event.Id, default))
            {
                await journal.SettleAsync(claimed[0], new Settlement(DeliveryState.Dead, null, attempt with { Status = 410 }), default);
            }

            foreach (var other in claimed.Skip(1))
                journal.Release(other);
        }

        Assert.Equal(AppendStatus.Duplicate, (await AppendAsync(journal, first, new NewDelivery("plain"))).Status);
        await journal.ReviveAsync(first.Id, default);
        await journal.FindAsync(first.Key, default);
        await journal.TraceOfAsync(first.Id, default);
        await journal.PreviousTraceAsync(first.Id, default);
        await journal.SetPausedAsync("plain", DateTimeOffset.UnixEpoch, default);
        await journal.SetPausedAsync("plain", null, default);
    }

    private static StoredEvent Event(int turn, int version)
    {
        var made = TestJournals.Event(TimeProvider.System, (turn * 10) + version);
        var updatedAt = new DateTimeOffset(2026, 3, 1, 12, turn, version, TimeSpan.Zero);
        return made with { Envelope = made.Envelope with { TaskId = "t", UpdatedAt = updatedAt.ToString("O", null) }, TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
    }

    private static ValueTask<AppendResult> AppendAsync(PostgresJournal journal, StoredEvent @event, params NewDelivery[] deliveries) =>
        journal.AppendAsync(@event, Payload.Of("{}"u8.ToArray()), deliveries, default);

    [GeneratedRegex(@"^(?=<[^>]*> )", RegexOptions.Multiline, 5000)]
    private static partial Regex Entry();

    [GeneratedRegex(@"Query Text:.*", RegexOptions.None, 5000)]
    private static partial Regex QueryText();

    [GeneratedRegex($@"Seq Scan on ({Growing})(_default|_\d+)?\b", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex ReadThrough();

    [GeneratedRegex($@"Index (Only )?Scan (Backward )?using \S+ on ({Growing})(_default|_\d+)?\b", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex IndexScan();

    [GeneratedRegex(@"Index Cond:", RegexOptions.None, 5000)]
    private static partial Regex IndexCondition();
}
