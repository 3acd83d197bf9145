using AngoGateway.Journal;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

public sealed class RecentEventsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecentEvents _recent = new();

    [Fact]
    public void What_was_kept_is_found_by_its_number_until_it_is_let_go()
    {
        var (first, second) = (TestJournals.Event(_time, 1), TestJournals.Event(_time, 2));
        _recent.Keep(7, first, 100);
        _recent.Keep(8, second, 200);

        Assert.Equal((first, 100), _recent.Find(7));
        Assert.Equal((second, 200), _recent.Find(8));
        Assert.Null(_recent.Find(9));

        _recent.Forget(7);
        Assert.Null(_recent.Find(7));
        Assert.Equal((second, 200), _recent.Find(8));
    }

    [Fact]
    public void The_oldest_makes_room_for_the_newest()
    {
        var @event = TestJournals.Event(_time, 1);
        for (var seq = 1; seq <= 100_000; seq++)
            _recent.Keep(seq, @event, seq);

        Assert.Null(_recent.Find(1));
        Assert.Null(_recent.Find(90_000));
        Assert.Equal((@event, 100_000), _recent.Find(100_000));

        _recent.Forget(1); // Another one has its place.
        _recent.Forget(90_000);
        Assert.Equal(4096, Enumerable.Range(1, 100_000).Count(seq => _recent.Find(seq) is not null));
    }

    [Fact]
    public void An_event_with_large_texts_is_left_to_the_store()
    {
        var small = TestJournals.Event(_time, 1);
        var (much, many) = (new string('x', 3000), Enumerable.Repeat("", 1000).ToArray());
        _recent.Keep(1, small with { Envelope = small.Envelope with { Stage = much } }, 1);
        _recent.Keep(2, small with { Envelope = small.Envelope with { Batches = [much] } }, 1);
        _recent.Keep(3, small with { Envelope = small.Envelope with { BatchNames = many } }, 1);
        _recent.Keep(4, small with { Signature = much }, 1);
        _recent.Keep(5, small, 1);

        Assert.Equal([5], Enumerable.Range(1, 5).Where(seq => _recent.Find(seq) is not null));
    }
}
