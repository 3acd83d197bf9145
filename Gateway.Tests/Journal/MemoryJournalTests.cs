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
}
