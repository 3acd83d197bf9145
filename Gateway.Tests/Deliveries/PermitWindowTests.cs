using AngoGateway.Consumers;
using AngoGateway.Deliveries;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Deliveries;

/// <summary>On the machine's clock: System.Threading.RateLimiting has no other.</summary>
public sealed class PermitWindowTests
{
    private static readonly DeliveryRateConfig FivePerHour = new(5, TimeSpan.FromHours(1));

    [Fact]
    public void Without_a_limit_every_attempt_may_begin()
    {
        using var window = new PermitWindow();
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(window.TryTake(null, out var _)));
    }

    [Fact]
    public void A_window_has_so_many_permits_and_no_more()
    {
        using var window = new PermitWindow();

        Assert.Equal(5, Enumerable.Range(0, 50).Count(_ => window.TryTake(FivePerHour, out var _)));
        Assert.False(window.TryTake(FivePerHour, out var wait));
        Assert.Equal(TimeSpan.FromMinutes(3), wait);
    }

    [Fact]
    public void A_reload_that_leaves_the_limit_as_it_was_gives_no_new_permits()
    {
        using var window = new PermitWindow();
        for (var i = 0; i < 5; i++)
            window.TryTake(FivePerHour, out _);

        Assert.False(window.TryTake(FivePerHour with { }, out _));
        Assert.True(window.TryTake(FivePerHour with { Permits = 6 }, out _));
        Assert.True(window.TryTake(null, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public async Task Permits_come_back_however_short_the_window(int milliseconds)
    {
        using var window = new PermitWindow();
        var limit = new DeliveryRateConfig(1, TimeSpan.FromMilliseconds(milliseconds));
        Assert.True(window.TryTake(limit, out _));
        var began = TimeProvider.System.GetTimestamp();

        await Eventually.TrueAsync(() => window.TryTake(limit, out _), TimeSpan.FromSeconds(20), () => "a permit");

        Assert.True(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds >= milliseconds - 2);
    }
}
