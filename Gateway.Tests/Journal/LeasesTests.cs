using AngoGateway.Journal;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Journal;

public sealed class LeasesTests
{
    private readonly Leases _leases = new();

    private readonly Delivery _delivery =
        new(TestJournals.Event(TimeProvider.System, 1), 2, "training", Replay: 0, Attempts: 0, default) { Seq = 7 };

    [Fact]
    public void What_is_settled_while_a_claim_reads_is_closed_to_that_claim_and_open_to_the_next()
    {
        Assert.True(Take());
        _leases.BeginClaim("training"); // reads the row as still pending

        Assert.True(_leases.TryBeginSettle(_delivery));
        _leases.EndSettle(_delivery);

        Assert.False(_leases.IsFree("training", (7, 0), task: null, oneOfTask: true));
        Assert.False(Take());
        _leases.EndClaim("training");
        _leases.BeginClaim("training");
        Assert.True(Take());
    }

    [Fact]
    public void A_claim_reads_as_many_rows_more_as_are_in_other_hands()
    {
        Assert.Equal(0, _leases.BeginClaim("training"));
        Take();

        Assert.Equal(1, _leases.BeginClaim("training"));
        Assert.Equal(0, _leases.BeginClaim("qa"));
    }

    [Fact]
    public void Consumers_and_replays_have_leases_of_their_own()
    {
        Take();

        Assert.False(Take());
        Assert.True(_leases.TryTake("qa", (7, 0), attempts: 0, task: null, oneOfTask: false));
        Assert.True(_leases.TryTake("training", (7, 1), attempts: 0, task: null, oneOfTask: false));
    }

    [Fact]
    public void A_lease_that_is_being_settled_can_neither_be_settled_nor_released()
    {
        Take();
        Assert.True(_leases.TryBeginSettle(_delivery));

        Assert.False(_leases.TryBeginSettle(_delivery));
        _leases.Release(_delivery);
        Assert.False(Take());

        _leases.UndoSettle(_delivery);
        Assert.True(_leases.TryBeginSettle(_delivery));
    }

    private bool Take() => _leases.TryTake("training", (7, 0), attempts: 0, task: null, oneOfTask: false);
}
