using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Ingress;

public sealed class BodyReaderTests
{
    [Fact]
    public void Payloads_share_one_budget_and_give_it_back()
    {
        var budget = new PayloadBudget(1_500_000);
        using (var first = Grown(budget, 600_000))
        {
            using var second = new Payload(budget: budget);
            Assert.False(TryFill(second, 900_000));
            Assert.Equal(600_000, first.Length);
        }

        Assert.Equal(1_500_000, budget.Free);
        using var third = Grown(budget, 600_000);
        Assert.Equal(600_000, third.Length);
    }

    [Fact]
    public void A_payload_that_fits_its_first_buffer_needs_no_budget()
    {
        var empty = new PayloadBudget(0);
        using var small = Grown(empty, 4096);
        Assert.Equal(4096, small.Length);
    }

    [Fact]
    public void A_payload_that_is_kept_takes_no_budget_from_those_that_are_read()
    {
        var budget = new PayloadBudget(1_500_000);
        var read = Grown(budget, 600_000);
        using var kept = read.Share();
        read.Dispose();

        Assert.Equal(1_500_000, budget.Free);
        Assert.Equal(600_000, kept.Span.Length);
    }

    [Fact]
    public void An_announced_length_is_believed_up_to_eight_times_of_what_has_arrived()
    {
        using var payload = new Payload(32 * 1024 * 1024);
        Assert.Equal(64 * 1024, payload.Capacity);
        TryFill(payload, (64 * 1024) + 1);
        Assert.Equal(512 * 1024, payload.Capacity);
    }

    private static Payload Grown(PayloadBudget budget, int length)
    {
        var payload = new Payload(budget: budget);
        Assert.True(TryFill(payload, length));
        return payload;
    }

    private static bool TryFill(Payload payload, int length)
    {
        while (payload.Length < length)
        {
            if (!payload.TryMakeRoom(out var room))
                return false;

            payload.Advance(Math.Min(room.Length, length - payload.Length));
        }

        return true;
    }
}
