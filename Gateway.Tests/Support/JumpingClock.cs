namespace AngoGateway.Tests.Support;

/// <summary>A clock whose time of day can jump, forward and back, while elapsed time and timers go on evenly, as a machine's do.</summary>
internal sealed class JumpingClock(TimeProvider steady) : TimeProvider
{
    private long _jumpedTicks;

    public override long TimestampFrequency => steady.TimestampFrequency;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _jumpedTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _jumpedTicks));

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        steady.CreateTimer(callback, state, dueTime, period);
}
