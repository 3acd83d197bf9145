namespace AngoGateway.Bench.Peers;

/// <summary>How the rate of a new process rises: its answers, counted by quarter seconds.</summary>
/// <param name="ready">When it was ready, as a timestamp.</param>
/// <param name="load">How long it is loaded.</param>
internal sealed class WarmUpCurve(long ready, TimeSpan load)
{
    private const int PerSecond = 4;

    // A single good quarter second proves nothing.
    private const int InARow = 3;

    // The load may begin a little later than readiness.
    private readonly int[] _answers = new int[(int)(PerSecond * (load.TotalSeconds + 60))];

    /// <summary>The median of the last quarter of the load, per second.</summary>
    public double Steady => PerSecond * Medians.Of(Counted[^(Counted.Length / 4)..], static count => count);

    /// <summary>Answers in the first second of the load.</summary>
    public double FirstSecond => Counted[..PerSecond].Sum();

    // Whole quarters only, from the first that has an answer.
    private int[] Counted => _answers[First..(Last - 1)];

    private int First => Array.FindIndex(_answers, static count => count > 0);

    private int Last => Array.FindLastIndex(_answers, static count => count > 0);

    /// <summary>Called at each answer, by many at once.</summary>
    public void Count() =>
        Interlocked.Increment(ref _answers[Math.Min(_answers.Length - 1, (int)(PerSecond * TimeProvider.System.GetElapsedTime(ready).TotalSeconds))]);

    /// <summary>How long after readiness the first of a few quarters in a row began whose median is this share of <see cref="Steady"/>.</summary>
    public TimeSpan Reached(double share)
    {
        var enough = share * Steady / PerSecond;
        var at = Enumerable.Range(First, Last - First - InARow).FirstOrDefault(
            quarter => Medians.Of(_answers[quarter..(quarter + InARow)], static count => count) >= enough, Last);
        return TimeSpan.FromSeconds((double)at / PerSecond);
    }

    public override string ToString() =>
        $"answers/s by the second {string.Join(' ', Counted.Chunk(PerSecond).Where(static second => second.Length == PerSecond).Select(static second => second.Sum()))}";
}
