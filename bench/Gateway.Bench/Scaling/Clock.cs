namespace AngoGateway.Bench.Scaling;

/// <summary>Simulated time, in microseconds: what is due next happens next, and what is due at once in the order it was asked for.</summary>
internal sealed class Clock
{
    private readonly PriorityQueue<Action, (double At, long Order)> _due = new();
    private long _asked;

    public double Now { get; private set; }

    /// <summary>How much has happened.</summary>
    public long Steps { get; private set; }

    public void After(double microseconds, Action action) => _due.Enqueue(action, (Now + microseconds, _asked++));

    /// <summary>Until a time or a number of steps, whichever is first.</summary>
    public void Run(double until, long steps)
    {
        while (Steps < steps && _due.TryPeek(out var action, out var when) && when.At <= until)
        {
            _due.Dequeue();
            Now = when.At;
            Steps++;
            action();
        }

        Now = Steps < steps ? until : Now;
    }
}

/// <summary>Some processor cores that take work in the order it comes.</summary>
internal sealed class Cores(Clock clock, int count)
{
    private readonly Queue<(Func<double> Work, Action Done)> _waiting = new();
    private int _busy;

    public int Count => count;

    /// <summary>Microseconds worked, of all cores together.</summary>
    public double Worked { get; private set; }

    public void Work(double microseconds, Action done) => Work(() => microseconds, done);

    /// <param name="work">Microseconds; asked when a core begins with it.</param>
    /// <param name="done">Called at its end.</param>
    public void Work(Func<double> work, Action done)
    {
        if (_busy < count)
        {
            Begin(work, done);
        }
        else
        {
            _waiting.Enqueue((work, done));
        }
    }

    /// <summary>Work that delays nothing.</summary>
    public void Beside(double microseconds) => Worked += microseconds;

    private void Begin(Func<double> work, Action done)
    {
        _busy++;
        var took = work();
        Worked += took;
        clock.After(took, () =>
        {
            _busy--;
            if (_waiting.TryDequeue(out var next))
            {
                Begin(next.Work, next.Done);
            }

            done();
        });
    }
}

/// <summary>A log with one sync at a time: whatever was written while one ran is in the next.</summary>
/// <param name="clock">The time.</param>
/// <param name="cores">Have some work with each sync.</param>
/// <param name="work">How much of it, in microseconds.</param>
/// <param name="sync">Microseconds that the disk then takes with nothing to write.</param>
/// <param name="bandwidth">Bytes per microsecond.</param>
internal sealed class SharedLog(Clock clock, Cores cores, double work, double sync, double bandwidth)
{
    private List<Action> _waiting = [];
    private double _unwritten;
    private bool _syncing;

    public double Bytes { get; private set; }

    public long Syncs { get; private set; }

    public void Commit(double bytes, Action done)
    {
        _unwritten += bytes;
        _waiting.Add(done);
        if (!_syncing)
        {
            Sync();
        }
    }

    private void Sync()
    {
        var (those, bytes) = (_waiting, _unwritten);
        (_waiting, _unwritten, _syncing) = ([], 0, true);
        Bytes += bytes;
        Syncs++;
        cores.Work(work, () => clock.After(sync + (bytes / bandwidth), () =>
        {
            _syncing = false;
            those.ForEach(static done => done());
            if (_waiting.Count > 0 && !_syncing)
            {
                Sync();
            }
        }));
    }
}
