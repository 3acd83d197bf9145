namespace AngoGateway.Sources;

/// <summary>A token bucket: a burst of <c>permits</c>, refilled evenly over <c>window</c>. Lock-free, without a timer.</summary>
/// <remarks>
/// Not a limiter of System.Threading.RateLimiting: those read the machine's clock themselves, so no test could move it.
/// The bucket is one number, the time at which it would be full again (ITU-T I.371's virtual scheduling).
/// </remarks>
internal sealed class RateLimit
{
    // Nanoseconds of more than 292 years overflow a long.
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(36500);

    private readonly TimeProvider _timeProvider;
    private readonly long _interval;
    private readonly long _burst;
    private long _fullAt;

    public RateLimit(RateLimitConfig config, TimeProvider timeProvider)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.Permits, nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(config.Window, TimeSpan.Zero, nameof(config));
        Config = config;
        _timeProvider = timeProvider;
        var window = Math.Min(config.Window.TotalSeconds, LongestWindow.TotalSeconds) * timeProvider.TimestampFrequency;
        _interval = Math.Max(1, (long)(window / config.Permits));
        _burst = _interval * config.Permits;
        _fullAt = timeProvider.GetTimestamp();
    }

    public RateLimitConfig Config { get; }

    /// <summary>Takes one permit.</summary>
    /// <param name="retryAfter">When refused: how long until a permit is free.</param>
    public bool TryTake(out TimeSpan retryAfter)
    {
        while (true)
        {
            var now = _timeProvider.GetTimestamp();
            var fullAt = Interlocked.Read(ref _fullAt);
            var next = Math.Max(fullAt, now) + _interval;
            var missing = next - now - _burst;
            if (missing > 0)
            {
                retryAfter = TimeSpan.FromSeconds((double)missing / _timeProvider.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
            {
                retryAfter = TimeSpan.Zero;
                return true;
            }
        }
    }
}
