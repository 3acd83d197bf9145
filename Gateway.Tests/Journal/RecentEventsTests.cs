using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

public sealed class RecentEventsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecentEvents _recent = new();

    [Fact]
    public void What_was_kept_is_found_by_its_number_until_the_last_of_its_deliveries_has_ended()
    {
        var (first, second) = (TestJournals.Event(_time, 1), TestJournals.Event(_time, 2));
        _recent.Keep(7, first, 100, deliveries: 2);
        _recent.Keep(8, second, 200, deliveries: 1);

        Assert.Equal((first, 100), _recent.Find(7));
        Assert.Equal((second, 200), _recent.Find(8));
        Assert.Null(_recent.Find(9));

        _recent.Ended(7);
        Assert.Equal((first, 100), _recent.Find(7));
        _recent.Ended(7);
        Assert.Null(_recent.Find(7));
        Assert.Equal((second, 200), _recent.Find(8));
    }

    [Fact]
    public void Those_that_come_first_keep_their_places_for_a_moment_and_then_make_room()
    {
        var early = TestJournals.Event(_time, 1);
        for (var seq = 1; seq <= 10_000; seq++)
            _recent.Keep(seq, early, seq, deliveries: 1);

        Assert.Equal(Enumerable.Range(1, 4096), Enumerable.Range(1, 10_000).Where(seq => _recent.Find(seq) is not null));
        _recent.Ended(9_999); // Another one has its place.

        _time.Advance(TimeSpan.FromSeconds(6));
        var late = TestJournals.Event(_time, 2);
        for (var seq = 10_001; seq <= 10_100; seq++)
            _recent.Keep(seq, late, seq, deliveries: 1);

        Assert.Equal((late, 10_100), _recent.Find(10_100));
        Assert.Equal(4096 - 100, Enumerable.Range(1, 10_000).Count(seq => _recent.Find(seq) is not null));
    }

    [Fact]
    public void An_event_with_large_texts_is_left_to_the_store()
    {
        var small = TestJournals.Event(_time, 1);
        var (much, many) = (new string('x', 3000), Enumerable.Repeat("", 1000).ToArray());
        _recent.Keep(1, small with { Envelope = small.Envelope with { Stage = much } }, 1, deliveries: 1);
        _recent.Keep(2, small with { Envelope = small.Envelope with { Batches = [much] } }, 1, deliveries: 1);
        _recent.Keep(3, small with { Envelope = small.Envelope with { BatchNames = many } }, 1, deliveries: 1);
        _recent.Keep(4, small with { Signature = much }, 1, deliveries: 1);
        _recent.Keep(5, small, 1, deliveries: 1);

        Assert.Equal([5], Enumerable.Range(1, 5).Where(seq => _recent.Find(seq) is not null));
    }
}
