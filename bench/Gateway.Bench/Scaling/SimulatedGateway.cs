namespace AngoGateway.Bench.Scaling;

/// <summary>
/// One gateway: what arrives waits for a committer, and each of those takes all that waits (PostgresQueue, PostgresCommitters);
/// what was delivered waits for a settler in the same way. Beside it the loops of PostgresJournal and PostgresSignals.
/// </summary>
internal sealed class SimulatedGateway
{
    private readonly Clock _clock;
    private readonly ScalingInputs _inputs;
    private readonly SimulatedDatabase _database;
    private readonly Cores _cores;
    private readonly SimulatedLane[] _lanes;
    private readonly Queue<(double Arrived, Action? Answered)> _waiting = new();
    private readonly Queue<SimulatedLane> _delivered = new();
    private readonly Queue<Action<Action>> _readers = new();
    private int _committing;
    private int _settling;
    private int _reading;
    private bool _news;
    private bool _telling;

    public SimulatedGateway(Clock clock, ScalingInputs inputs, SimulatedDatabase database, Cores cores, Cores consumers, int gateways, Random random)
    {
        (_clock, _inputs, _database, _cores, Consumers) = (clock, inputs, database, cores, consumers);
        _lanes = [.. Enumerable.Range(0, database.Free.Length).Select(consumer => new SimulatedLane(clock, inputs, database, this, consumer))];
        database.Join(this);
        SimulatedLoops.Start(clock, inputs, database, this, gateways, random);
    }

    public Cores Cores => _cores;

    public Cores Consumers { get; }

    /// <summary>Microseconds from arrival to answer of each webhook.</summary>
    public List<double> Latencies { get; } = [];

    public long Commits { get; private set; }

    public long Delivered { get; set; }

    public long Claims { get; set; }

    public long EmptyClaims { get; set; }

    public long Arrived { get; private set; }

    /// <summary>Connections that were busy at once.</summary>
    public int MostConnections { get; private set; }

    /// <summary>Microseconds that committers worked.</summary>
    public double Committing { get; private set; }

    public int InFlight => _lanes.Sum(static lane => lane.InFlight);

    public int Held => _lanes.Sum(static lane => lane.Held);

    /// <summary>A webhook has come.</summary>
    /// <param name="answered">Told when it is accepted; null: nobody waits.</param>
    public void Arrive(Action? answered)
    {
        var arrived = _clock.Now;
        Arrived++;
        if (_waiting.Count >= _inputs.MaxWaiting)
        {
            return;
        }

        _cores.Work(_inputs.GatewayAccept, () =>
        {
            _waiting.Enqueue((arrived, answered));
            Commit();
        });
    }

    /// <summary>Notes of others were heard.</summary>
    public void Hear(int notes)
    {
        _cores.Beside(notes * _inputs.HearNote);
        Array.ForEach(_lanes, static lane => lane.Pulse());
    }

    /// <summary>A reading statement; only a few run at once.</summary>
    /// <param name="statement">Told what to call at its end.</param>
    public void Read(Action<Action> statement)
    {
        if (_reading >= _inputs.Readers)
        {
            _readers.Enqueue(statement);
            return;
        }

        _reading++;
        Connected();
        statement(() =>
        {
            _reading--;
            if (_readers.TryDequeue(out var next))
            {
                Read(next);
            }
        });
    }

    public void Settle(SimulatedLane lane)
    {
        _delivered.Enqueue(lane);
        Settle();
    }

    private void Commit()
    {
        while (_committing < _inputs.Committers && _waiting.Count > 0)
        {
            var slice = new (double Arrived, Action? Answered)[Math.Min(_waiting.Count, _inputs.SliceRows)];
            for (var i = 0; i < slice.Length; i++)
            {
                slice[i] = _waiting.Dequeue();
            }

            _committing++;
            Connected();
            var began = _clock.Now;
            var each = _inputs.AcceptRow + (_lanes.Length * _inputs.AcceptDelivery);
            var bytes = slice.Length * (_inputs.AcceptBytes + (_lanes.Length * _inputs.DeliveryBytes));
            _cores.Work(_inputs.GatewaySlice, () => _database.Run(() => _inputs.Accept + (slice.Length * each), () => bytes, () => Committed(slice, began)));
        }
    }

    private void Committed((double Arrived, Action? Answered)[] slice, double began)
    {
        _committing--;
        Committing += _clock.Now - began;
        Commits++;
        foreach (var (arrived, answered) in slice)
        {
            Latencies.Add(_clock.Now - arrived);
            answered?.Invoke();
        }

        for (var consumer = 0; consumer < _lanes.Length; consumer++)
        {
            _news |= _inputs.TellAlways || !_lanes[consumer].IsIdle;
            _database.Free[consumer] += slice.Length;
            _lanes[consumer].Pulse();
        }

        Tell();
        Commit();
    }

    private void Settle()
    {
        while (_settling < _inputs.Settlers && _delivered.Count > 0)
        {
            var slice = new SimulatedLane[Math.Min(_delivered.Count, _inputs.SliceRows)];
            for (var i = 0; i < slice.Length; i++)
            {
                slice[i] = _delivered.Dequeue();
            }

            _settling++;
            Connected();
            _database.Run(() => _inputs.Settle + (slice.Length * _inputs.SettleRow), () => slice.Length * _inputs.SettleBytes, () =>
            {
                _settling--;
                Delivered += slice.Length;
                Array.ForEach(slice, static lane => lane.Settled());
                Settle();
            });
        }
    }

    private void Tell()
    {
        // A gateway alone tells as well: it does not know that nobody listens.
        if (_telling || !_news)
        {
            return;
        }

        (_telling, _news) = (true, false);
        _database.Note(() => _clock.After(_inputs.BetweenNotes, () =>
        {
            _telling = false;
            Tell();
        }));
    }

    private void Connected() => MostConnections = Math.Max(MostConnections, _committing + _settling + _reading);
}
