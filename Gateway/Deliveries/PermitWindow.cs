using System.Threading.RateLimiting;
using AngoGateway.Consumers;

namespace AngoGateway.Deliveries;

/// <summary>A consumer's configured <c>rateLimit</c>: no window, wherever it begins, sees more attempts begin than permits.</summary>
internal sealed class PermitWindow : IDisposable
{
    // The limiter gives a segment's permits back all at once. One segment more than the window has makes up for those that
    // were taken at a segment's very end; with 20 of them, a consumer that is always busy gets 95 % of its rate at least.
    private const int Segments = 20;

    private DeliveryRateConfig? _config;
    private SlidingWindowRateLimiter? _limiter;
    private TimeSpan _segment;

    /// <summary>Takes one permit.</summary>
    /// <param name="config">As it is in force; a change of it begins with a fresh window. Null: no limit.</param>
    /// <param name="wait">When refused: after how long to ask again.</param>
    public bool TryTake(DeliveryRateConfig? config, out TimeSpan wait)
    {
        if (config != _config)
            Replace(config);

        wait = _segment;
        return _limiter is null || _limiter.AttemptAcquire().IsAcquired;
    }

    public void Dispose() => _limiter?.Dispose();

    private void Replace(DeliveryRateConfig? config)
    {
        _limiter?.Dispose();
        (_config, _limiter) = (config, null);
        if (config is null)
            return;

        // The limiter's timer knows no less than a millisecond.
        var segments = Math.Clamp((int)config.Window.TotalMilliseconds, 1, Segments);
        _segment = TimeSpan.FromMilliseconds(Math.Ceiling(config.Window.TotalMilliseconds / segments));
        _limiter = new SlidingWindowRateLimiter(new SlidingWindowRateLimiterOptions
        {
            PermitLimit = config.Permits,
            Window = _segment * (segments + 1),
            SegmentsPerWindow = segments + 1,
            QueueLimit = 0,
            AutoReplenishment = true,
        });
    }
}
