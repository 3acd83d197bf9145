namespace AngoGateway.Consumers;

/// <summary>When a delivery is tried again: pure, no clock and no randomness of its own.</summary>
internal sealed record RetrySchedule(TimeSpan FirstDelay, TimeSpan MaxDelay, TimeSpan MaxAge)
{
    public static RetrySchedule From(RetryConfig config) => new(
        config.FirstDelay ?? TimeSpan.FromSeconds(5),
        config.MaxDelay ?? TimeSpan.FromHours(1),
        config.MaxAge ?? TimeSpan.FromDays(1));

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="attempt">Number of attempts made so far, from 1.</param>
    /// <param name="retryAfter">What the consumer asked for, if it did: a lower bound, clamped to <see cref="MaxDelay"/>.</param>
    /// <param name="overloaded">After 429 or a timeout the wait is at least a minute (or <see cref="MaxDelay"/> when that is less).</param>
    /// <param name="jitter">A random number in [0, 1): delays by up to a fifth, never hastens.</param>
    /// <returns>Between <see cref="FirstDelay"/> and <see cref="MaxDelay"/> plus a fifth.</returns>
    public TimeSpan DelayAfter(int attempt, TimeSpan? retryAfter, bool overloaded, double jitter) =>
        throw new NotSupportedException();
}
