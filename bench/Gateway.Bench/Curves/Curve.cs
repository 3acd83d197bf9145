using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Curves;

/// <summary>One thing that is varied, and what the gateway does at each of its values.</summary>
/// <param name="Name">Of its drawing.</param>
/// <param name="Axis">What is varied, with its unit.</param>
/// <param name="Lines">Gateways of different kinds.</param>
internal sealed record Curve(string Name, string Axis, IReadOnlyList<CurveLine> Lines)
{
    /// <summary>A value as it is read.</summary>
    public Func<double, string> Label { get; init; } = static value => value switch
    {
        >= 1e6 => $"{value / 1e6:0} M",
        >= 1e4 => $"{value / 1e3:0} k",
        _ => $"{value:0}",
    };
}

/// <summary>One kind of gateway at each value.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">By value.</param>
internal sealed record CurveLine(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>A gateway that is started for this value alone, and what it is sent.</summary>
/// <param name="Value">On the axis.</param>
/// <param name="Peer">The gateway.</param>
/// <param name="Bytes">Of each payload.</param>
/// <param name="Connections">That send at the same time.</param>
internal sealed record CurvePoint(double Value, Peer Peer, int Bytes, int Connections)
{
    /// <summary>What each round brought, in order.</summary>
    public List<CurveTurn> Turns { get; } = [];
}

/// <summary>What a point brought in one round.</summary>
/// <param name="PerSecond">Webhooks taken, in <c>queue</c> mode until they had arrived.</param>
/// <param name="P99">In milliseconds, at <see cref="CurvesBench.Calm"/> of that rate, from when each was due.</param>
internal sealed record CurveTurn(double PerSecond, double P99);
