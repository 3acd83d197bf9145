namespace AngoGateway.Bench.Scaling;

/// <summary>PostgreSQL as the gateways see it: cores, a log, a lock that all notes need, and rows that wait or are in somebody's hands.</summary>
internal sealed class SimulatedDatabase
{
    // Backends that are woken together: fewer, larger steps of the simulation.
    private const int Ears = 16;

    private readonly Clock _clock;
    private readonly ScalingInputs _inputs;
    private readonly Queue<Action> _notes = new();
    private readonly List<List<SimulatedGateway>> _ears = [];
    private readonly List<int> _unheard = [];
    private bool _noting;

    public SimulatedDatabase(Clock clock, Cores cores, ScalingInputs inputs, int consumers)
    {
        (_clock, Cores, _inputs) = (clock, cores, inputs);
        Log = new SharedLog(clock, cores, inputs.SyncWork, inputs.Sync, inputs.LogBandwidth);
        Free = new long[consumers];
        InHand = new long[consumers];
    }

    public Cores Cores { get; }

    public SharedLog Log { get; }

    /// <summary>By consumer: deliveries that anybody may claim.</summary>
    public long[] Free { get; }

    /// <summary>By consumer: deliveries under a lease, which every look passes.</summary>
    public long[] InHand { get; }

    public long Notes { get; private set; }

    public long Heard { get; private set; }

    public long Statements { get; private set; }

    public void Join(SimulatedGateway gateway)
    {
        if (_ears.Count == 0 || _ears[^1].Count == Ears)
        {
            _ears.Add([]);
            _unheard.Add(0);
        }

        _ears[^1].Add(gateway);
    }

    /// <summary>One statement and its round trip; a commit where it wrote something.</summary>
    /// <param name="work">Microseconds of a core, without what every statement costs; asked when it begins.</param>
    /// <param name="bytes">To the log; asked at its end. 0: nothing was written.</param>
    /// <param name="done">Called with the answer.</param>
    public void Run(Func<double> work, Func<double> bytes, Action done)
    {
        Statements++;
        Cores.Work(() => _inputs.Statement + work(), () =>
        {
            var written = bytes();
            if (written > 0)
            {
                Log.Commit(written, () => _clock.After(_inputs.RoundTrip, done));
            }
            else
            {
                _clock.After(_inputs.RoundTrip, done);
            }
        });
    }

    /// <summary>Tells everybody who listens. One transaction at a time: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/commands/async.c, PreCommit_Notify.</summary>
    public void Note(Action done)
    {
        _notes.Enqueue(done);
        if (!_noting)
        {
            NextNote();
        }
    }

    private void NextNote()
    {
        if (!_notes.TryDequeue(out var done))
        {
            return;
        }

        _noting = true;
        Statements++;
        Cores.Work(_inputs.Statement + _inputs.Note, () =>
        {
            _noting = false;
            Notes++;
            for (var i = 0; i < _ears.Count; i++)
            {
                Wake(i);
            }

            _clock.After(_inputs.RoundTrip, done);
            NextNote();
        });
    }

    // Backends that have not come to read one yet read several at once.
    private void Wake(int ears)
    {
        if (_unheard[ears]++ > 0)
        {
            return;
        }

        Cores.Work(
            () => _ears[ears].Count * (_inputs.Wake + ((_unheard[ears] - 1) * _inputs.FurtherNote)),
            () =>
            {
                var heard = _unheard[ears];
                _unheard[ears] = 0;
                Heard += heard * _ears[ears].Count;
                foreach (var gateway in _ears[ears])
                {
                    gateway.Hear(heard);
                }
            });
    }
}
