using System.Security.Cryptography;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>What every journal does, whatever it is made of.</summary>
public abstract class JournalConformance : IAsyncLifetime
{
    private protected static readonly byte[] Bytes = "{}"u8.ToArray();

    private protected TestJournals Journals { get; } = new();

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected IJournal Journal { get; private set; } = null!;

    public Task InitializeAsync()
    {
        Journal = Open(Journals, Time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await Journals.DisposeAsync();

    private protected abstract IJournal Open(TestJournals journals, TimeProvider timeProvider);

    [Fact]
    public async Task Fifty_copies_at_once_are_one_event_and_forty_nine_duplicates_of_it()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Append(Event(1), "training").AsTask())));

        var accepted = Assert.Single(results, result => result.Status == AppendStatus.Accepted);
        Assert.Equal(49, results.Count(result => result.Status == AppendStatus.Duplicate));
        Assert.All(results, result => Assert.Equal(accepted.EventId, result.EventId));
        Assert.Equal(accepted.EventId, Assert.Single(await Claim("training")).Event.Id);
    }

    [Fact]
    public async Task An_event_comes_back_as_it_was_stored()
    {
        var stored = new StoredEvent(
            Guid.CreateVersion7(Time.GetUtcNow()),
            new EventKey(1_772_000_000_123, new UInt128(0xFEDCBA9876543210, 0x0123456789ABCDEF)),
            Time.GetUtcNow(),
            "ango",
            new Envelope("66c5", "t1", "Révision – Étape 2 \u0000 \U0001F600", "id", new string('n', 2000), "2026-02-25T06:13:20.123Z", ["b1", "b2"], ["a \"batch\"", ""]),
            Disposition.Routed,
            "application/json",
            "X-Hub-Signature",
            "0a1b",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await Append(stored, "training");

        var delivery = Assert.Single(await Claim("training"));

        Assert.Equivalent(stored, delivery.Event, strict: true);
        Assert.Equal((Bytes.Length, "training", 0, 0), (delivery.Size, delivery.Consumer, delivery.Replay, delivery.Attempts));
        Assert.Equal(stored.ReceivedAt, delivery.QueuedAt);
    }

    [Fact]
    public async Task What_an_event_does_not_have_stays_absent()
    {
        var stored = Event(1) with { Envelope = new Envelope(TaskId: "") };
        await Append(stored, "training");

        Assert.Equivalent(stored, Assert.Single(await Claim("training")).Event, strict: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8192)]
    [InlineData(220_000)]
    [InlineData(2_097_152)]
    public async Task A_payload_comes_back_byte_for_byte(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var stored = Event(1);
        await Journal.AppendAsync(stored, bytes, [], default);

        using var payload = await Journal.ReadPayloadAsync(stored.Id, default);

        Assert.Equal(size, payload.Length);
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(payload.Span));
    }

    [Fact]
    public async Task An_unknown_event_has_no_payload() =>
        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await Journal.ReadPayloadAsync(Guid.Empty, default));

    [Fact]
    public async Task A_key_is_found_once_its_event_is_there()
    {
        var stored = Event(1);
        Assert.Null(await Journal.FindAsync(stored.Key, default));

        await Append(stored);

        Assert.Equal(stored.Id, await Journal.FindAsync(stored.Key, default));
        Assert.Null(await Journal.FindAsync(Event(2).Key, default));
    }

    [Fact]
    public async Task Keys_differ_by_their_time_and_by_their_digest()
    {
        var first = Event(1);
        var keys = new[] { first.Key, first.Key with { UpdatedAtMs = 1 }, first.Key with { Digest = 99 } };

        foreach (var key in keys)
            Assert.Equal(AppendStatus.Accepted, (await Append(Event(1) with { Key = key })).Status);
        foreach (var key in keys)
            Assert.Equal(AppendStatus.Duplicate, (await Append(Event(1) with { Key = key })).Status);
    }

    [Fact]
    public async Task A_key_by_content_is_a_key_like_the_others()
    {
        var stored = Event(1) with { Key = new EventKey(0, 77, ByContent: true) };
        await Append(stored, "training");

        Assert.Equal(new AppendResult(AppendStatus.Duplicate, stored.Id), await Append(Event(1) with { Key = stored.Key }, "training"));
        Assert.True(Assert.Single(await Claim("training")).Event.Key.ByContent);
    }

    [Theory]
    [InlineData(Disposition.Unrouted)]
    [InlineData(Disposition.Quarantined)]
    internal async Task An_event_without_deliveries_is_kept_and_known(Disposition disposition)
    {
        var stored = TestJournals.Event(Time, 1, disposition);

        Assert.Equal(AppendStatus.Accepted, (await Append(stored)).Status);
        Assert.Equal(new AppendResult(AppendStatus.Duplicate, stored.Id), await Append(TestJournals.Event(Time, 1, disposition)));
        using var payload = await Journal.ReadPayloadAsync(stored.Id, default);
        Assert.Equal(Bytes, payload.Span.ToArray());
    }

    [Fact]
    public async Task A_delivery_that_a_proxy_route_has_done_is_not_handed_out()
    {
        var attempt = Failed() with { Status = 200, Error = null };
        await Journal.AppendAsync(Event(1), Bytes, [new("proxied", attempt), new("queued")], default);

        Assert.Empty(await Claim("proxied"));
        Assert.Single(await Claim("queued"));
    }

    [Fact]
    public async Task A_claim_takes_the_oldest_of_its_own_consumer_up_to_its_limit()
    {
        await Append(Event(1), "training", "qa");
        await Append(Event(2), "training");
        await Append(Event(3), "training");

        Assert.Equal(["t1", "t2"], Tasks(await Claim("training", limit: 2)));
        Assert.Equal(["t3"], Tasks(await Claim("training", limit: 2)));
        Assert.Empty(await Claim("training"));
        Assert.Equal(["t1"], Tasks(await Claim("qa")));
        Assert.Empty(await Claim("nobody"));
    }

    [Fact]
    public async Task Claims_at_once_never_share_a_delivery_even_while_others_settle()
    {
        for (var task = 0; task < 200; task++)
            await Append(Event(task), "training");

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var mine = new List<string>();
            while (await Claim("training", limit: 3) is { Count: > 0 } deliveries)
            {
                mine.AddRange(Tasks(deliveries));
                foreach (var delivery in deliveries)
                    Assert.True(await Journal.SettleAsync(delivery, Delivered, default));
            }

            return mine;
        })));

        Assert.Equal(200, claimed.Sum(mine => mine.Count));
        Assert.Equal(200, claimed.SelectMany(mine => mine).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(DeliveryState.Delivered)]
    [InlineData(DeliveryState.Dead)]
    [InlineData(DeliveryState.Superseded)]
    internal async Task A_settled_delivery_is_not_handed_out_again(DeliveryState state)
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        Assert.True(await Journal.SettleAsync(delivery, new Settlement(state, null, Failed()), default));

        Time.Advance(TimeSpan.FromDays(2));
        Assert.Empty(await Claim("training"));
        Assert.Null(await Journal.NextDueAsync("training", default));
    }

    [Fact]
    public async Task A_retry_is_handed_out_when_it_is_due_with_its_attempts_counted()
    {
        await Append(Event(1), "training");
        var queuedAt = Time.GetUtcNow();
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.FromSeconds(5)), default);

        Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.Empty(await Claim("training"));
        Time.Advance(TimeSpan.FromSeconds(0.001));
        var again = Assert.Single(await Claim("training"));

        Assert.Equal((1, queuedAt), (again.Attempts, again.QueuedAt));
    }

    [Fact]
    public async Task Fresh_deliveries_come_before_retries()
    {
        await Append(Event(1), "training");
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.Zero), default);
        await Append(Event(2), "training");

        Assert.Equal(["t2", "t1"], Tasks(await Claim("training")));
    }

    [Fact]
    public async Task A_deferred_delivery_has_used_no_attempt()
    {
        await Append(Event(1), "training");
        var deferred = new Settlement(DeliveryState.Pending, Time.GetUtcNow().AddSeconds(1), Attempt: null);

        Assert.True(await Journal.SettleAsync(Assert.Single(await Claim("training")), deferred, default));

        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, Assert.Single(await Claim("training")).Attempts);
    }

    [Fact]
    public async Task A_repeat_revives_what_died_and_only_that()
    {
        var stored = Event(1);
        await Append(stored, "dead", "delivered", "superseded", "waiting");
        await Settle("dead", DeliveryState.Dead);
        await Settle("delivered", DeliveryState.Delivered);
        await Settle("superseded", DeliveryState.Superseded);
        await Journal.SettleAsync(Assert.Single(await Claim("waiting")), Retry(TimeSpan.FromHours(1)), default);
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(new AppendResult(AppendStatus.Duplicate, stored.Id), await Append(Event(1) with { Key = stored.Key }, "dead", "delivered"));

        var revived = Assert.Single(await Claim("dead"));
        Assert.Equal((1, Time.GetUtcNow(), stored.Id), (revived.Attempts, revived.QueuedAt, revived.Event.Id));
        Assert.Empty(await Claim("delivered"));
        Assert.Empty(await Claim("superseded"));
        Assert.Empty(await Claim("waiting"));
        Assert.True(await Journal.SettleAsync(revived, new Settlement(DeliveryState.Dead, null, Failed()), default));
        await Append(Event(1) with { Key = stored.Key });
        Assert.Equal(2, Assert.Single(await Claim("dead")).Attempts);
    }

    [Fact]
    public async Task A_delivery_is_settled_once()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Journal.SettleAsync(delivery, Delivered, default).AsTask()));

        Assert.Single(results, changed => changed);
    }

    [Fact]
    public async Task Who_holds_an_earlier_attempt_changes_nothing()
    {
        await Append(Event(1), "training");
        var early = Assert.Single(await Claim("training"));
        await Journal.SettleAsync(early, Retry(TimeSpan.Zero), default);
        var later = Assert.Single(await Claim("training"));

        Assert.False(await Journal.SettleAsync(early, Delivered, default));
        Journal.Release(early);

        Assert.Empty(await Claim("training"));
        Assert.True(await Journal.SettleAsync(later, Delivered, default));
    }

    [Fact]
    public async Task A_released_delivery_is_pending_as_before_and_no_longer_the_holders()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));

        Journal.Release(delivery);
        Assert.False(await Journal.SettleAsync(delivery, Delivered, default));

        Assert.Equal(delivery.Id, Assert.Single(await Claim("training")).Id);
    }

    [Fact]
    public async Task The_next_due_time_is_that_of_the_first_delivery_in_nobodys_hands()
    {
        Assert.Null(await Journal.NextDueAsync("training", default));
        await Append(Event(1), "training");
        await Append(Event(2), "training");
        Assert.True(await Journal.NextDueAsync("training", default) <= Time.GetUtcNow());

        var claimed = await Claim("training");
        Assert.Null(await Journal.NextDueAsync("training", default));

        await Journal.SettleAsync(claimed[0], Retry(TimeSpan.FromMinutes(9)), default);
        await Journal.SettleAsync(claimed[1], Retry(TimeSpan.FromMinutes(3)), default);
        Assert.Equal(Time.GetUtcNow().AddMinutes(3), await Journal.NextDueAsync("training", default));
    }

    [Fact]
    public async Task Work_that_came_between_two_waits_ends_the_second_at_once()
    {
        await Append(Event(1), "training");
        await Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        var second = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        Assert.False(second.IsCompleted);
        await Append(Event(2), "training");
        await second;
    }

    [Fact]
    public async Task A_wait_ends_at_its_limit_and_for_no_other_consumers_work()
    {
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromMinutes(1), default);
        await Append(Event(1), "qa");
        Assert.False(wait.IsCompleted);

        Time.Advance(TimeSpan.FromMinutes(1));
        await wait;
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_says_so()
    {
        using var cancel = new CancellationTokenSource();
        var wait = Journal.WaitForWorkAsync("training", TimeSpan.FromMinutes(1), cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task A_retry_and_a_revival_are_work()
    {
        var stored = Event(1);
        await Append(stored, "training");
        await Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);

        var retry = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        await Journal.SettleAsync(Assert.Single(await Claim("training")), Retry(TimeSpan.Zero), default);
        await retry;

        await Settle("training", DeliveryState.Dead);
        var revival = Journal.WaitForWorkAsync("training", TimeSpan.FromHours(1), default);
        Assert.False(revival.IsCompleted);
        await Append(Event(1) with { Key = stored.Key });
        await revival;
    }

    [Fact]
    public async Task A_closed_journal_takes_nothing()
    {
        await Append(Event(1), "training");
        var delivery = Assert.Single(await Claim("training"));
        await Journal.DisposeAsync();

        Assert.Equal(AppendStatus.Unavailable, (await Append(Event(1))).Status);
        Assert.Equal(AppendStatus.Unavailable, (await Append(Event(2))).Status);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await Journal.SettleAsync(delivery, Delivered, default));
    }

    private protected static Settlement Delivered => new(DeliveryState.Delivered, null, Failed() with { Status = 200, Error = null });

    private protected static Attempt Failed() =>
        new(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(12), "http://training:9000", 503, "The service answered 503.", "busy");

    private protected Settlement Retry(TimeSpan after) => new(DeliveryState.Pending, Time.GetUtcNow() + after, Failed());

    private protected StoredEvent Event(int task) => TestJournals.Event(Time, task);

    private protected ValueTask<AppendResult> Append(StoredEvent @event, params string[] consumers) =>
        Journal.AppendAsync(@event, Bytes, [.. consumers.Select(consumer => new NewDelivery(consumer))], default);

    private protected ValueTask<IReadOnlyList<Delivery>> Claim(string consumer, int limit = 100) =>
        Journal.ClaimAsync(consumer, limit, default);

    private protected async Task Settle(string consumer, DeliveryState state) =>
        Assert.True(await Journal.SettleAsync(Assert.Single(await Claim(consumer)), new Settlement(state, null, Failed()), default));

    private protected static string[] Tasks(IReadOnlyList<Delivery> deliveries) =>
        [.. deliveries.Select(delivery => delivery.Event.Envelope.TaskId!)];
}
