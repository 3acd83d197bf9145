namespace AngoGateway.Consumers;

/// <summary>When a delivery is tried again: pure, no clock and no randomness of its own.</summary>
internal sealed record RetrySchedule(TimeSpan FirstDelay, TimeSpan MaxDelay, TimeSpan MaxAge)
{
    // An overloaded consumer is not helped by the first, short waits.
    private static readonly TimeSpan OverloadFloor = TimeSpan.FromMinutes(1);

    public static RetrySchedule From(RetryConfig config) => new(
        config.FirstDelay ?? TimeSpan.FromSeconds(5),
        config.MaxDelay ?? TimeSpan.FromHours(1),
        config.MaxAge ?? TimeSpan.FromDays(1));

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="attempt">Number of attempts made so far, from 1; less counts as 1.</param>
    /// <param name="retryAfter">
    /// What the consumer asked for, if it did: a lower bound, clamped to <see cref="MaxDelay"/>. A negative one (a date
    /// that is past) asks for nothing.
    /// </param>
    /// <param name="overloaded">After 429 or a timeout the wait is at least a minute (or <see cref="MaxDelay"/> when that is less).</param>
    /// <param name="jitter">A random number in [0, 1): delays by up to a fifth, never hastens.</param>
    /// <returns>Between <see cref="FirstDelay"/> (or <see cref="MaxDelay"/> when that is less) and <see cref="MaxDelay"/> plus a fifth.</returns>
    public TimeSpan DelayAfter(int attempt, TimeSpan? retryAfter, bool overloaded, double jitter)
    {
        var delay = Backoff(attempt);
        delay = AtLeast(delay, retryAfter ?? TimeSpan.Zero);
        delay = AtLeast(delay, overloaded ? OverloadFloor : TimeSpan.Zero);

        var late = (long)(delay.Ticks / 5 * jitter);
        return delay + TimeSpan.FromTicks(Math.Min(late, TimeSpan.MaxValue.Ticks - delay.Ticks));
    }

    /// <summary>Whether the delivery is a dead letter because its next attempt would start after its <see cref="MaxAge"/>.</summary>
    /// <param name="queuedAt">When its retry budget began.</param>
    /// <param name="nextAttempt">When the next attempt would start.</param>
    public bool GivesUp(DateTimeOffset queuedAt, DateTimeOffset nextAttempt) => nextAttempt - queuedAt > MaxAge;

    private TimeSpan Backoff(int attempt)
    {
        var doublings = Math.Clamp(attempt, 1, 64) - 1;

        // The limit is halved instead of the delay doubled: nothing overflows, whatever the attempt.
        return FirstDelay.Ticks > MaxDelay.Ticks >> doublings
            ? MaxDelay
            : TimeSpan.FromTicks(FirstDelay.Ticks << doublings);
    }

    private TimeSpan AtLeast(TimeSpan delay, TimeSpan floor)
    {
        var bounded = floor < MaxDelay ? floor : MaxDelay;
        return delay > bounded ? delay : bounded;
    }
}
