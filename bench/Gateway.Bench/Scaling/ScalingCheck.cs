namespace AngoGateway.Bench.Scaling;

/// <summary>The simulation against what bench/replicas measured: the same load, everything on the two cores of one machine.</summary>
internal static class ScalingCheck
{
    private const int Connections = 32;

    // Accepted per second and milliseconds, from the tables of docs/scaling.md.
    private static readonly (int Consumers, int Gateways, double Accepted, double P99)[] Measured =
    [
        (0, 1, 5339, 25), (0, 2, 4876, 26), (0, 3, 4071, 34),
        (1, 1, 2637, 54), (1, 2, 2051, 74), (1, 3, 1779, 87),
    ];

    // That machine: two cores for everything, its disk (fio), the loopback. Of senders and consumers: what bench/replicas
    // counts beside gateway and database.
    private static readonly ScalingInputs Machine = new()
    {
        DatabaseCores = 2,
        Sync = 240,
        LogBandwidth = 320,
        RoundTrip = 50,
        ConsumerTime = 0,
        ConsumerWork = 50,
        SenderWork = 35,
    };

    public static void Print()
    {
        Console.WriteLine("| consumers | gateways | accepted/s: measured | simulated | apart | share of one gateway: measured | simulated | p99: measured | simulated |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        var (measuredAlone, alone) = (0.0, 0.0);
        foreach (var (consumers, gateways, accepted, p99) in Measured)
        {
            var result = ScalingRun.Closed(Machine, gateways, consumers, Connections, longest: 6e6, steps: 2_000_000);
            (measuredAlone, alone) = gateways == 1 ? (accepted, result.Accepted) : (measuredAlone, alone);
            Console.WriteLine(
                $"| {consumers} | {gateways} | {accepted:0} | {result.Accepted:0} | {(result.Accepted / accepted) - 1:+0%;-0%} | " +
                $"{accepted / measuredAlone:0.00} | {result.Accepted / alone:0.00} | {p99:0} ms | {result.P99:0} ms |");
        }
    }
}
