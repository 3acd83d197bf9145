namespace AngoGateway.Bench.Scaling;

/// <summary>One consumer's lane at one gateway (Lane): claims when it has room and nothing at hand, and sleeps until it is woken when nothing is free.</summary>
internal sealed class SimulatedLane(Clock clock, ScalingInputs inputs, SimulatedDatabase database, SimulatedGateway gateway, int consumer)
{
    private int _window;
    private bool _claiming;
    private bool _pulsed;

    public int InFlight { get; private set; }

    /// <summary>Leases, of attempts and of what is at hand.</summary>
    public int Held => InFlight + _window;

    /// <summary>It has room and found nothing: it takes what comes next by itself.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>There may be work.</summary>
    public void Pulse()
    {
        _pulsed = true;
        Step();
    }

    /// <summary>An attempt's outcome is written.</summary>
    public void Settled()
    {
        database.InHand[consumer]--;
        InFlight--;
        _pulsed = true;
        Step();
    }

    private void Step()
    {
        while (_window > 0 && InFlight < inputs.Concurrency)
        {
            _window--;
            InFlight++;
            Attempt();
        }

        if (_window == 0 && InFlight < inputs.Concurrency && _pulsed && !_claiming)
        {
            Claim();
        }
    }

    private void Claim()
    {
        (_claiming, _pulsed) = (true, false);
        gateway.Claims++;
        var got = 0;
        gateway.Read(free => database.Run(
            () =>
            {
                var passed = database.InHand[consumer];
                got = (int)Math.Min(Math.Max(16, inputs.Concurrency), database.Free[consumer]);
                database.Free[consumer] -= got;
                database.InHand[consumer] += got;
                return inputs.Claim + (passed * inputs.Passing) + (got * inputs.ClaimRow);
            },
            () => got * inputs.ClaimBytes,
            () =>
            {
                free();
                IsIdle = got == 0;
                if (got == 0)
                {
                    gateway.EmptyClaims++;
                    NextDue();
                    return;
                }

                _claiming = false;
                _window = got;
                // More may be waiting: it is asked for as soon as these are on their way.
                _pulsed = true;
                Step();
            }));
    }

    // A lane that found nothing asks when there will be something, and then sleeps.
    private void NextDue() => gateway.Read(free => database.Run(
        () => inputs.NextDue + (database.InHand[consumer] * inputs.Passing),
        static () => 0,
        () =>
        {
            free();
            _claiming = false;
            Step();
        }));

    private void Attempt() => gateway.Cores.Work(inputs.GatewayDeliver / 2, () => gateway.Read(free => database.Run(
        () => inputs.Payload,
        static () => 0,
        () =>
        {
            free();
            gateway.Consumers.Work(inputs.ConsumerWork, () => clock.After(inputs.ConsumerTime, () => gateway.Cores.Work(inputs.GatewayDeliver / 2, () => gateway.Settle(this))));
        })));
}
