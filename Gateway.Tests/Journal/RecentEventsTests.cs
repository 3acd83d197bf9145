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
}
