namespace AngoGateway.Tests.Support;

/// <summary>Waits for something that another thread or process brings about, as briefly as it can.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, TimeSpan limit, Func<string> what) =>
        TrueAsync(() => Task.FromResult(condition()), limit, what);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> what)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var ticks = new PeriodicTimer(Interval);
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < limit, $"Not within {limit.TotalSeconds} s: {what()}.");
            await ticks.WaitForNextTickAsync();
        }
    }
}
