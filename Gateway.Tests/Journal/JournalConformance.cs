using System.Security.Cryptography;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>What every journal does, whatever it is made of: here with events and keys, in the other file with deliveries.</summary>
public abstract partial class JournalConformance : IAsyncLifetime
{
    private protected static readonly byte[] Bytes = "{}"u8.ToArray();

    private protected TestJournals Journals { get; } = new();

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected IJournal Journal { get; private set; } = null!;

    public async Task InitializeAsync() => Journal = await OpenAsync(Journals, Time);

    public async Task DisposeAsync() => await Journals.DisposeAsync();

    private protected abstract ValueTask<IJournal> OpenAsync(TestJournals journals, TimeProvider timeProvider);

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
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "vendor=1");
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
        await Journal.AppendAsync(stored, Payload.Of(bytes), [], default);

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

    private protected static Settlement Delivered => new(DeliveryState.Delivered, null, Failed() with { Status = 200, Error = null });

    private protected static Attempt Failed() =>
        new(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(12), "http://training:9000", 503, "The service answered 503.", "busy");

    private protected Settlement Retry(TimeSpan after) => new(DeliveryState.Pending, Time.GetUtcNow() + after, Failed());

    private protected StoredEvent Event(int task) => TestJournals.Event(Time, task);

    private protected ValueTask<AppendResult> Append(StoredEvent @event, params string[] consumers) =>
        Journal.AppendAsync(@event, Payload.Of(Bytes), [.. consumers.Select(consumer => new NewDelivery(consumer))], default);

    private protected ValueTask<IReadOnlyList<Delivery>> Claim(string consumer, int limit = 100) =>
        Journal.ClaimAsync(consumer, limit, inTaskOrder: false, default);

    private protected async Task Settle(string consumer, DeliveryState state) =>
        Assert.True(await Journal.SettleAsync(Assert.Single(await Claim(consumer)), new Settlement(state, null, Failed()), default));

    private protected static string[] Tasks(IReadOnlyList<Delivery> deliveries) =>
        [.. deliveries.Select(delivery => delivery.Event.Envelope.TaskId!)];
}
