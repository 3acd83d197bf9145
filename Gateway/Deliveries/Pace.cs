namespace AngoGateway.Deliveries;

/// <summary>
/// How fast a lane may begin attempts, learned from the consumer: without bound until an answer 429 or an outage, then
/// evenly spaced at a rate that is halved by each 429 and grows while it is used.
/// </summary>
/// <remarks>
/// Additive increase, multiplicative decrease, as TCP does it (RFC 5681): evenly up to where the last 429 came, so that at
/// most one attempt in twenty meets a 429 again, and doubling beyond. Runs on elapsed time. Not thread-safe.
/// </remarks>
internal sealed class Pace(TimeProvider timeProvider)
{
    /// <summary>Attempts per second with which a lane begins after an outage, unless the consumer took twice as many before.</summary>
    public const double AfterOutage = 20;

    // Slower than this, and a consumer that has recovered would go unnoticed for minutes.
    private const double Slowest = 0.5;

    // Spacing ten thousand a second costs more than it spares anybody.
    private const double Fastest = 10_000;

    // Twenty seconds to double is eight times in a minute: no second then exceeds three times its minute's mean.
    private const double DoublingSeconds = 20;

    // The even climb back to the last 429 takes 25 s and 40 attempts at least: of those, one or two are refused.
    private const double ClimbSeconds = 25;
    private const double ClimbAttempts = 40;

    // Timers are late by some milliseconds: what they miss may be caught up with, but no more.
    private static readonly TimeSpan CatchUp = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShortestHold = TimeSpan.FromSeconds(1);

    private double _rate = double.PositiveInfinity;
    private double _climb;
    private double _climbTo;
    private long _slowedAt = long.MinValue;
    private long _heldUntil = long.MinValue;
    private long _next;
    private long _grownAt;
    private long _second;
    private int _takenBefore;
    private int _taken;

    /// <summary>Attempts per second; infinite when nothing is known against it.</summary>
    public double Rate => _rate;

    private double Frequency => timeProvider.TimestampFrequency;

    /// <summary>How long until the next attempt may begin; zero for now.</summary>
    public TimeSpan Wait()
    {
        var now = timeProvider.GetTimestamp();
        Grow(now);
        var at = Math.Max(_heldUntil, double.IsPositiveInfinity(_rate) ? long.MinValue : _next);
        return at > now ? timeProvider.GetElapsedTime(now, at) : TimeSpan.Zero;
    }

    /// <summary>An attempt begins; the caller has seen <see cref="Wait"/> at zero.</summary>
    /// <returns>To be given back with <see cref="Hear"/>.</returns>
    public long Begin()
    {
        var now = timeProvider.GetTimestamp();
        _next = Math.Max(_next, now - Ticks(CatchUp)) + (long)(Frequency / _rate);
        return now;
    }

    /// <summary>An attempt has ended.</summary>
    /// <param name="begun">What <see cref="Begin"/> returned for it.</param>
    /// <param name="sign">What it said of the consumer.</param>
    /// <param name="hold">With <see cref="ConsumerSign.Overloaded"/>: what the consumer asked for.</param>
    public void Hear(long begun, ConsumerSign sign, TimeSpan? hold)
    {
        var now = timeProvider.GetTimestamp();
        if (sign == ConsumerSign.Alive)
            CountTaken(now);

        if (sign != ConsumerSign.Overloaded)
            return;

        _heldUntil = Math.Max(_heldUntil, now + Ticks(hold > ShortestHold ? hold.Value : ShortestHold));

        // Those that were on their way when the first of them was refused say nothing new.
        if (begun > _slowedAt)
            SlowDown(now);
    }

    /// <summary>The consumer is back after an outage: gently at first.</summary>
    public void Restart()
    {
        var gentle = Math.Max(AfterOutage, Taken / 2);
        if (gentle < _rate)
            SetOut(gentle, climb: 0, timeProvider.GetTimestamp());
    }

    // What the consumer took in a second, as far as it took anything lately.
    private double Taken => Math.Max(_taken, _takenBefore);

    private void CountTaken(long now)
    {
        var second = now / timeProvider.TimestampFrequency;
        if (second != _second)
            (_second, _takenBefore, _taken) = (second, _taken, 0);

        _taken++;
    }

    private void SlowDown(long now)
    {
        _slowedAt = now;
        if (Taken == 0)
        {
            SetOut(Math.Min(_rate, 1), climb: 0, now);
            return;
        }

        var rate = Math.Max(Slowest, Math.Min(_rate, Taken) / 2);
        SetOut(rate, Math.Min(rate / ClimbSeconds, rate * rate / ClimbAttempts), now);
    }

    private void SetOut(double rate, double climb, long now) =>
        (_rate, _climb, _climbTo, _grownAt, _next) = (rate, climb, 2 * rate, now, now);

    // Time in which the lane had nothing to send does not count: a rate that nobody tried was not proven.
    private void Grow(long now)
    {
        var seconds = (Math.Min(now, _next + Frequency) - _grownAt) / Frequency;
        _grownAt = now;
        if (double.IsPositiveInfinity(_rate) || seconds <= 0)
            return;

        _rate = _climb > 0 ? _rate + (_climb * seconds) : _rate * Math.Pow(2, seconds / DoublingSeconds);
        if (_rate >= _climbTo)
            _climb = 0;

        if (_rate > Fastest)
            _rate = double.PositiveInfinity;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Frequency);
}
