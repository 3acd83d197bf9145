using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

/// <summary>Whatever is done to them in whatever order, the journals that last and the one in memory answer alike.</summary>
public sealed class JournalsAgreeTests
{
    private static readonly string[] Consumers = ["a", "b", "c"];

    private enum Act
    {
        Append,
        Claim,
        Deliver,
        Retry,
        Defer,
        Kill,
        Release,
        SettleStale,
        Wait,
        NextDue,
        Find,
    }

    [Fact]
    public Task The_journals_agree_on_any_history() => Agree(
        60, (journals, time) => Task.FromResult<IJournal>(journals.OpenSqlite(time)));

    // Fewer: each makes a schema of its own.
    [Fact]
    public Task PostgreSQL_agrees_on_any_history() => Agree(
        12, async (journals, time) => await journals.OpenPostgresAsync(time));

    private static async Task Agree(int histories, Func<TestJournals, TimeProvider, Task<IJournal>> open) =>
        await Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 7], Gen.Int[0, 2])
            .Array[20, 80]
            .SampleAsync(async history =>
            {
                await using var journals = new TestJournals();
                var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
                var (disk, memory) = (new Actor(await open(journals, time), time), new Actor(journals.OpenMemory(time), time));
                foreach (var (act, task, consumer) in history)
                {
                    if (act == Act.Wait)
                        time.Advance(TimeSpan.FromSeconds(task * 10));

                    var stored = TestJournals.Event(time, task);
                    stored = stored with { Key = stored.Key with { UpdatedAtMs = 1 } };
                    var expected = $"{act}: {await memory.Do(act, stored, consumer)}";
                    Assert.Equal(expected, $"{act}: {await disk.Do(act, stored, consumer)}");
                }
            },
            iter: histories);

    private sealed class Actor(IJournal journal, TimeProvider timeProvider)
    {
        private readonly List<Delivery> _held = [];
        private readonly List<Delivery> _stale = [];

        /// <returns>What the journal said, as text.</returns>
        public async Task<string> Do(Act act, StoredEvent stored, int consumer) => act switch
        {
            Act.Append => (await journal.AppendAsync(
                stored, Payload.Of(new byte[consumer]), [.. Consumers[..(consumer + 1)].Select(name => new NewDelivery(name))], default)).ToString(),
            Act.Claim => await Claim(Consumers[consumer], limit: consumer + 1),
            Act.Deliver => await Settle(DeliveryState.Delivered, null, counts: true),
            Act.Retry => await Settle(DeliveryState.Pending, timeProvider.GetUtcNow().AddSeconds(5 + consumer), counts: true),
            Act.Defer => await Settle(DeliveryState.Pending, timeProvider.GetUtcNow().AddSeconds(1), counts: false),
            Act.Kill => await Settle(DeliveryState.Dead, null, counts: true),
            Act.Release => Release(),
            Act.SettleStale => await SettleStale(),
            Act.NextDue => $"{await journal.NextDueAsync(Consumers[consumer], inTaskOrder: false, default):O}",
            Act.Find => $"{await journal.FindAsync(stored.Key, default)}",
            _ => "",
        };

        private static Settlement Settlement(DeliveryState state, DateTimeOffset? dueAt, bool counts) =>
            new(state, dueAt, counts ? new Attempt(1, DateTimeOffset.UnixEpoch, TimeSpan.Zero, null, 500, "no", null) : null);

        private async Task<string> Claim(string consumer, int limit)
        {
            var deliveries = await journal.ClaimAsync(consumer, limit, inTaskOrder: false, default);
            _held.AddRange(deliveries);
            return string.Join(' ', deliveries.Select(delivery => $"{delivery.Id} {delivery.Attempts} {delivery.QueuedAt:O} {delivery.Size}"));
        }

        private async Task<string> Settle(DeliveryState state, DateTimeOffset? dueAt, bool counts)
        {
            if (Take() is not { } delivery)
                return "";

            return (await journal.SettleAsync(delivery, Settlement(state, dueAt, counts), default)).ToString();
        }

        // One that was released and is held again is told apart only where leases are numbered.
        private async Task<string> SettleStale() =>
            _stale.Count == 0 || _held.Exists(held => held.Id == _stale[^1].Id && held.Attempts == _stale[^1].Attempts)
                ? ""
                : (await journal.SettleAsync(_stale[^1], Settlement(DeliveryState.Dead, null, counts: true), default)).ToString();

        private string Release()
        {
            if (Take() is { } delivery)
                journal.Release(delivery);

            return "";
        }

        private Delivery? Take()
        {
            if (_held.Count == 0)
                return null;

            var delivery = _held[0];
            _held.RemoveAt(0);
            _stale.Add(delivery);
            return delivery;
        }
    }
}
