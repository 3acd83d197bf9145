using AngoGateway.Envelopes;
using AngoGateway.Journal;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Journal;

public sealed class RecentPayloadsTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly RecentPayloads _recent;

    public RecentPayloadsTests() => _recent = new RecentPayloads(_time);

    [Fact]
    public void What_was_kept_is_shared_while_its_maker_is_done_with_it()
    {
        var id = NewId();
        var made = Payload.Of([1, 2, 3]);
        _recent.Keep(id, made, deliveries: 2);
        made.Dispose();

        using var found = _recent.Find(id)!;
        Assert.Equal([1, 2, 3], found.Span.ToArray());
        Assert.Null(_recent.Find(NewId()));
    }

    [Fact]
    public void It_goes_with_the_last_of_its_deliveries()
    {
        var (id, other) = (NewId(), NewId());
        Keep(id, 10);
        _recent.Ended(id);
        _recent.Find(id)!.Dispose();
        _recent.Ended(id);
        _recent.Ended(id);

        Assert.Null(_recent.Find(id));
        Keep(other, 10);
        _recent.Find(other)!.Dispose();
    }

    [Fact]
    public void The_first_12_MiB_stay_for_a_moment_and_then_make_room_and_whoever_has_one_keeps_it()
    {
        var ids = Enumerable.Range(0, 14).Select(_ => NewId()).ToArray();
        foreach (var id in ids[..12])
            Keep(id, Megabyte);

        using var held = _recent.Find(ids[0])!;
        Keep(ids[12], Megabyte);
        Assert.Null(_recent.Find(ids[12]));

        _time.Advance(TimeSpan.FromSeconds(6));
        Keep(ids[13], Megabyte);
        _recent.Find(ids[13])!.Dispose();
        Assert.Null(_recent.Find(ids[0]));
        Assert.Equal(Megabyte, held.Span.Length);
        _recent.Find(ids[1])!.Dispose();
    }

    [Fact]
    public void What_is_claimed_has_4_MiB_more_and_goes_with_its_delivery()
    {
        var ids = Enumerable.Range(0, 18).Select(_ => NewId()).ToArray();
        foreach (var id in ids[..12])
            Keep(id, Megabyte);

        Assert.False(_recent.Wants(ids[0], Megabyte));
        foreach (var id in ids[12..16])
        {
            Assert.True(_recent.Wants(id, Megabyte));
            using var made = Payload.Of(new byte[Megabyte]);
            _recent.KeepClaimed(id, made);
            _recent.Find(id)!.Dispose();
        }

        Assert.False(_recent.Wants(ids[16], Megabyte));
        _recent.Ended(ids[12]);
        Assert.Null(_recent.Find(ids[12]));
        Assert.True(_recent.Wants(ids[16], Megabyte));
    }

    [Fact]
    public void One_that_is_larger_than_all_of_that_displaces_none()
    {
        var (small, large) = (NewId(), NewId());
        Keep(small, 10);
        Keep(large, 17 * Megabyte);

        Assert.Null(_recent.Find(large));
        _recent.Find(small)!.Dispose();
    }

    [Fact]
    public void A_closed_one_keeps_and_has_nothing()
    {
        var (before, after) = (NewId(), NewId());
        Keep(before, 10);
        _recent.Dispose();
        Keep(after, 10);

        Assert.Null(_recent.Find(before));
        Assert.Null(_recent.Find(after));
    }

    public void Dispose() => _recent.Dispose();

    private static Guid NewId() => Guid.CreateVersion7(DateTimeOffset.UnixEpoch);

    private void Keep(Guid id, int size)
    {
        using var made = Payload.Of(new byte[size]);
        _recent.Keep(id, made, deliveries: 2);
    }
}
