using AngoGateway.Ingress;

namespace AngoGateway.Tests.Ingress;

/// <summary>Large blocks for what arrives, but never more than so many.</summary>
public sealed class BodyBlocksTests
{
    [Fact]
    public void Blocks_are_large_until_so_many_are_in_use_and_again_when_one_comes_back()
    {
        using var blocks = new BodyBlocks(most: 2);
        var first = blocks.Rent(BodyBlocks.Small);
        using var second = blocks.Rent();

        using (var third = blocks.Rent(BodyBlocks.Small))
            Assert.Equal(BodyBlocks.Small, third.Memory.Length);

        first.Dispose();
        first.Dispose();
        using var fourth = blocks.Rent(BodyBlocks.Small);
        using var fifth = blocks.Rent();
        Assert.Equal((BodyBlocks.Large, BodyBlocks.Large, BodyBlocks.Small), (second.Memory.Length, fourth.Memory.Length, fifth.Memory.Length));
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
    }

    [Fact]
    public void What_is_wanted_larger_is_given_and_not_counted()
    {
        using var blocks = new BodyBlocks(most: 1);

        using var huge = blocks.Rent(BodyBlocks.Large + 1);
        using var large = blocks.Rent();

        Assert.True(huge.Memory.Length > BodyBlocks.Large);
        Assert.Equal(BodyBlocks.Large, large.Memory.Length);
    }
}
