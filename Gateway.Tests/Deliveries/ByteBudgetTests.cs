using AngoGateway.Deliveries;

namespace AngoGateway.Tests.Deliveries;

public sealed class ByteBudgetTests
{
    private readonly ByteBudget _budget = new(100);

    [Fact]
    public void Payloads_fit_up_to_the_limit_together()
    {
        _budget.Take(60);

        Assert.True(_budget.Fits(40));
        Assert.False(_budget.Fits(41));
        _budget.Return(60);
        Assert.True(_budget.Fits(41));
    }

    [Fact]
    public void A_payload_beyond_the_limit_goes_alone()
    {
        Assert.True(_budget.Fits(1000));
        _budget.Take(1000);
        Assert.False(_budget.Fits(0));
        _budget.Return(1000);
        _budget.Take(1);
        Assert.False(_budget.Fits(1000));
    }
}
