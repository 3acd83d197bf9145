namespace AngoGateway.Bench.Scaling;

/// <summary>What a simulated load came to; rates are per second.</summary>
internal sealed record ScalingResult(int Gateways)
{
    public double Offered { get; init; }

    /// <summary>Less than offered where the gateways' processors cannot even take it in.</summary>
    public double Arriving { get; init; }

    public double Arrived { get; init; }

    public double Accepted { get; init; }

    public double Delivered { get; init; }

    /// <summary>Deliveries per webhook.</summary>
    public int Consumers { get; init; }

    /// <summary>Milliseconds.</summary>
    public double P50 { get; init; }

    public double P99 { get; init; }

    public double Commits { get; init; }

    public double Statements { get; init; }

    public double Claims { get; init; }

    public double EmptyClaims { get; init; }

    public double Notes { get; init; }

    public double Heard { get; init; }

    public double LogBytes { get; init; }

    public double Syncs { get; init; }

    /// <summary>Per gateway: those busy at once, and the three that listen, tell and wait for an operator.</summary>
    public double Connections { get; init; }

    /// <summary>Shares of what there is.</summary>
    public required IReadOnlyList<(Wall Wall, double Use)> Uses { get; init; }

    /// <summary>Webhooks for each commit.</summary>
    public double Batch => Commits == 0 ? 0 : Accepted / Commits;

    /// <summary>All that arrives is accepted and delivered; a little may be on its way.</summary>
    public bool Holds => Arriving >= Offered && Accepted >= 0.95 * Arrived && Delivered >= 0.92 * Consumers * Arrived;

    public double Use(Wall wall) => Uses.First(one => one.Wall == wall).Use;

    /// <summary>
    /// What gives way, or would next. Committers and lanes are all busy too when what they wait for is at its end: then it is that.
    /// </summary>
    public Wall Wall
    {
        get
        {
            var (wall, use) = Uses.Where(static one => one.Wall is not (Wall.Committers or Wall.Lanes)).MaxBy(static one => one.Use);
            return use >= 0.85 ? wall
                : Accepted < 0.95 * Arrived ? Wall.Committers
                : !Holds || Use(Wall.Lanes) > use ? Wall.Lanes
                : wall;
        }
    }
}

/// <summary>What there may be too little of.</summary>
internal enum Wall
{
    GatewayProcessor,
    Committers,
    Lanes,
    DatabaseProcessor,
    LogBandwidth,
    Notes,
}

/// <summary>Some gateways on one database under a load: what the clock shows after a while.</summary>
internal static class ScalingRun
{
    private const double Second = 1e6;

    /// <summary>Webhooks arrive at random times at every gateway alike.</summary>
    public static ScalingResult Open(ScalingInputs inputs, int gateways, int consumers, double rate, double longest, long steps)
    {
        var clock = new Clock();
        var random = new Random(17 * (gateways + 1));
        var database = new SimulatedDatabase(clock, new Cores(clock, inputs.DatabaseCores), inputs, consumers);
        var others = new Cores(clock, int.MaxValue);
        var all = Enumerable.Range(0, gateways)
            .Select(_ => new SimulatedGateway(clock, inputs, database, new Cores(clock, inputs.GatewayCores), others, gateways, random)).ToArray();
        // What their processors cannot take does not get so far as to arrive. More than half as much again as the log can
        // take would only be refused.
        var arriving = Math.Min(rate, Math.Min(
            1.1 * gateways * inputs.GatewayCores * Second / inputs.GatewayAccept,
            1.5 * inputs.LogBandwidth * Second / (inputs.AcceptBytes + (consumers * inputs.DeliveryBytes))));
        Next();
        return Measure(clock, inputs, database, all, consumers, longest, steps) with { Offered = rate, Arriving = arriving };

        void Next() => clock.After(-Math.Log(1 - random.NextDouble()) * Second / arriving, () =>
        {
            all[random.Next(gateways)].Arrive(answered: null);
            Next();
        });
    }

    /// <summary>The load of bench/replicas: connections that each wait for the answer, and everything on the same cores.</summary>
    public static ScalingResult Closed(ScalingInputs inputs, int gateways, int consumers, int connections, double longest, long steps)
    {
        var clock = new Clock();
        var random = new Random(17 * (gateways + 1));
        var machine = new Cores(clock, inputs.DatabaseCores);
        var database = new SimulatedDatabase(clock, machine, inputs, consumers);
        var all = Enumerable.Range(0, gateways)
            .Select(_ => new SimulatedGateway(clock, inputs, database, machine, machine, gateways, random)).ToArray();
        for (var i = 0; i < connections; i++)
        {
            Send(all[i % gateways]);
        }

        return Measure(clock, inputs, database, all, consumers, longest, steps);

        void Send(SimulatedGateway gateway) => machine.Work(inputs.SenderWork, () => gateway.Arrive(() => Send(gateway)));
    }

    private static ScalingResult Measure(
        Clock clock, ScalingInputs inputs, SimulatedDatabase database, SimulatedGateway[] gateways, int consumers, double longest, long steps)
    {
        // A third to come to a steady state.
        clock.Run(longest / 3, steps / 3);
        var began = clock.Now;
        var before = Reading.Of(database, gateways);
        var first = Array.ConvertAll(gateways, static gateway => gateway.Latencies.Count);
        clock.Run(longest, steps);
        var seconds = (clock.Now - began) / Second;
        var each = Reading.Of(database, gateways).Since(before, seconds);
        var latencies = gateways.SelectMany((gateway, i) => gateway.Latencies.Skip(first[i])).Order().ToArray();
        var connections = gateways.Average(static gateway => gateway.MostConnections) + 3;
        return new ScalingResult(gateways.Length)
        {
            Arrived = each.Arrived,
            Accepted = each.Accepted,
            Delivered = each.Delivered,
            Consumers = consumers,
            P50 = At(latencies, 0.5) / 1000,
            P99 = At(latencies, 0.99) / 1000,
            Commits = each.Commits,
            Statements = each.Statements,
            Claims = each.Claims,
            EmptyClaims = each.EmptyClaims,
            Notes = each.Notes,
            Heard = each.Heard,
            LogBytes = each.LogBytes,
            Syncs = each.Syncs,
            Connections = connections,
            Uses =
            [
                (Wall.GatewayProcessor, each.GatewayWork / Second / gateways.Sum(static gateway => gateway.Cores.Count)),
                (Wall.Committers, each.Committing / Second / (gateways.Length * inputs.Committers)),
                (Wall.Lanes, consumers == 0 ? 0 : gateways.Sum(static gateway => gateway.InFlight) / (double)(gateways.Length * consumers * inputs.Concurrency)),
                (Wall.DatabaseProcessor, each.DatabaseWork / Second / database.Cores.Count),
                (Wall.LogBandwidth, each.LogBytes / Second / inputs.LogBandwidth),
                (Wall.Notes, each.Notes * (inputs.Statement + inputs.Note) / Second),
            ],
        };
    }

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private readonly record struct Reading(
        double Arrived, double Accepted, double Delivered, double Commits, double Statements, double Claims, double EmptyClaims, double Notes, double Heard,
        double LogBytes, double Syncs, double GatewayWork, double Committing, double DatabaseWork)
    {
        public static Reading Of(SimulatedDatabase database, SimulatedGateway[] gateways) => new(
            gateways.Sum(static gateway => (double)gateway.Arrived), gateways.Sum(static gateway => (double)gateway.Latencies.Count), gateways.Sum(static gateway => (double)gateway.Delivered),
            gateways.Sum(static gateway => (double)gateway.Commits), database.Statements,
            gateways.Sum(static gateway => (double)gateway.Claims), gateways.Sum(static gateway => (double)gateway.EmptyClaims),
            database.Notes, database.Heard, database.Log.Bytes, database.Log.Syncs,
            gateways.Sum(static gateway => gateway.Cores.Worked), gateways.Sum(static gateway => gateway.Committing), database.Cores.Worked);

        public Reading Since(Reading before, double seconds) => new(
            (Arrived - before.Arrived) / seconds, (Accepted - before.Accepted) / seconds, (Delivered - before.Delivered) / seconds, (Commits - before.Commits) / seconds,
            (Statements - before.Statements) / seconds, (Claims - before.Claims) / seconds, (EmptyClaims - before.EmptyClaims) / seconds,
            (Notes - before.Notes) / seconds, (Heard - before.Heard) / seconds, (LogBytes - before.LogBytes) / seconds,
            (Syncs - before.Syncs) / seconds, (GatewayWork - before.GatewayWork) / seconds, (Committing - before.Committing) / seconds,
            (DatabaseWork - before.DatabaseWork) / seconds);
    }
}
