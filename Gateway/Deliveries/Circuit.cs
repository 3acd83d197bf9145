namespace AngoGateway.Deliveries;

/// <summary>
/// Whether a lane may send: closed until ten failures in a row spoke of the consumer's health, then open for one probe at a
/// time, 1 s after the last and doubling to 60 s, until one sign of life closes it.
/// </summary>
/// <remarks>Runs on elapsed time, so that a step of the clock changes nothing. The lane's loop owns it: not thread-safe.</remarks>
internal sealed class Circuit
{
    public const int FailuresToOpen = 10;
    public static readonly TimeSpan FirstSpacing = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestSpacing = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _timeProvider;
    private readonly Func<double> _jitter;
    private int _turn;
    private int _failures;
    private bool _probing;
    private TimeSpan _spacing = FirstSpacing;
    private TimeSpan _wait;
    private long _waitingSince;

    /// <param name="timeProvider">The clock.</param>
    /// <param name="jitter">Random numbers in [0, 1): they delay a probe by up to a fifth of its spacing.</param>
    /// <param name="openSince">Set when it was open at the last stop: it begins open, and with a probe.</param>
    public Circuit(TimeProvider timeProvider, Func<double> jitter, DateTimeOffset? openSince)
    {
        (_timeProvider, _jitter, OpenSince) = (timeProvider, jitter, openSince);
        _waitingSince = timeProvider.GetTimestamp();
    }

    /// <summary>Null while closed.</summary>
    public DateTimeOffset? OpenSince { get; private set; }

    public bool IsOpen => OpenSince is not null;

    /// <summary>How long until the next attempt may begin: zero for now, infinite while a probe is out.</summary>
    public TimeSpan Wait()
    {
        if (!IsOpen)
            return TimeSpan.Zero;

        if (_probing)
            return Timeout.InfiniteTimeSpan;

        var left = _wait - _timeProvider.GetElapsedTime(_waitingSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>An attempt begins; the caller has seen <see cref="Wait"/> at zero.</summary>
    /// <returns>To be given back with <see cref="Hear"/>.</returns>
    public int Begin()
    {
        _probing = IsOpen;
        return _turn;
    }

    /// <summary>An attempt has ended.</summary>
    /// <param name="turn">What <see cref="Begin"/> returned for it. Failures of attempts begun before the last change are old news.</param>
    /// <param name="sign">What it said of the consumer.</param>
    public void Hear(int turn, ConsumerSign sign)
    {
        switch (sign)
        {
            case ConsumerSign.Alive:
                _failures = 0;
                if (IsOpen)
                    Change(null);
                break;
            case ConsumerSign.None:
                _probing &= turn != _turn;
                break;
            case ConsumerSign.Failing or ConsumerSign.Overloaded when turn == _turn && IsOpen:
                _probing = false;
                Space();
                break;
            case ConsumerSign.Failing or ConsumerSign.Overloaded when turn == _turn && ++_failures == FailuresToOpen:
                Change(_timeProvider.GetUtcNow());
                _spacing = FirstSpacing;
                Space();
                break;
        }
    }

    /// <summary>Another gateway has found it open, or closed: what that one has learnt holds here too.</summary>
    public void Adopt(DateTimeOffset? openSince)
    {
        Change(openSince);
        if (IsOpen)
        {
            _spacing = FirstSpacing;
            Space();
        }
    }

    private void Change(DateTimeOffset? openSince)
    {
        OpenSince = openSince;
        _turn++;
        _failures = 0;
        _probing = false;
    }

    private void Space()
    {
        _wait = _spacing + (_jitter() / 5 * _spacing);
        _waitingSince = _timeProvider.GetTimestamp();
        _spacing = _spacing * 2 < LongestSpacing ? _spacing * 2 : LongestSpacing;
    }
}
