using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

public sealed class MemoryJournalTests : JournalConformance
{
    private protected override ValueTask<IJournal> OpenAsync(TestJournals journals, TimeProvider timeProvider) =>
        ValueTask.FromResult<IJournal>(journals.OpenMemory(timeProvider));

    [Fact]
    public async Task Settled_events_leave_after_their_term_and_their_keys_after_theirs()
    {
        var (settled, waiting) = (Event(1), Event(2));
        await Append(settled, "training");
        await Settle("training", DeliveryState.Delivered);
        await Append(waiting, "training");

        Time.Advance(TimeSpan.FromDays(8));
        await Append(Event(3));

        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await Journal.ReadPayloadAsync(settled.Id, default));
        using var kept = await Journal.ReadPayloadAsync(waiting.Id, default);
        Assert.Equal(settled.Id, await Journal.FindAsync(settled.Key, default));

        Time.Advance(TimeSpan.FromDays(365));
        await Append(Event(4));
        Assert.Null(await Journal.FindAsync(settled.Key, default));
        Assert.Equal(waiting.Id, await Journal.FindAsync(waiting.Key, default));
    }

    [Fact]
    public async Task Of_settled_events_the_latest_256_stay_and_the_keys_of_all()
    {
        var events = Enumerable.Range(1, 300).Select(task => Event(task)).ToArray();
        foreach (var @event in events)
        {
            await Append(@event, "training");
            await Settle("training", DeliveryState.Delivered);
        }

        await Append(Event(301));

        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await Journal.ReadPayloadAsync(events[43].Id, default));
        foreach (var recent in events[44..])
            (await Journal.ReadPayloadAsync(recent.Id, default)).Dispose();

        foreach (var @event in events)
            Assert.Equal(@event.Id, await Journal.FindAsync(@event.Key, default));
    }
}
