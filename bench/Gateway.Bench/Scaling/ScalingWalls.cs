using System.Globalization;

namespace AngoGateway.Bench.Scaling;

/// <summary>The highest load that is carried, and how far each change moves it.</summary>
internal static class ScalingWalls
{
    private const double Rate = 1000;

    private static readonly int[] Gateways = [1, 3, 10, 30, 100, 300];
    private static readonly int[] Rates = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];

    private static readonly (string Name, ScalingInputs Inputs)[] Changes =
    [
        ("as it is", new()),
        ("a disk that syncs in 0.2 ms", new() { Sync = 200 }),
        ("a synchronous standby: 2 ms more for each commit", new() { Sync = 3000 }),
        ("64 cores for the database", new() { DatabaseCores = 64 }),
        ("a log at 1 GB/s", new() { LogBandwidth = 1000 }),
        ("`concurrency` 64", new() { Concurrency = 64 }),
        ("consumers that answer in 100 ms", new() { ConsumerTime = 100_000 }),
        ("64 cores, 1 GB/s, `concurrency` 64", new() { DatabaseCores = 64, LogBandwidth = 1000, Concurrency = 64 }),
    ];

    private static readonly (string Name, ScalingInputs Inputs)[] Notes =
    [
        ("as it is: a note of what finds its own lane busy, at most each 25 ms", new()),
        ("a note of everything, at most each 25 ms", new() { TellAlways = true }),
        ("a note of everything, at most each 250 ms", new() { TellAlways = true, BetweenNotes = 250_000 }),
    ];

    public static void Print()
    {
        Console.WriteLine();
        Console.WriteLine("The highest of 100, 200, 500, … events/s that is accepted and delivered, and what gives way at the next; 1 consumer of every event:");
        Table(Changes, Highest);
        Console.WriteLine();
        Console.WriteLine($"Cores of the database that are busy, and claims a second, at {ScalingBench.Round(Rate)} events/s; 1 consumer of every event:");
        Table(Notes, static (inputs, gateways) =>
        {
            var result = ScalingRun.Open(inputs, gateways, consumers: 1, Rate, longest: 3e6, ScalingBench.StepsFor(gateways));
            return $"{ScalingBench.Round(result.Use(Wall.DatabaseProcessor) * inputs.DatabaseCores)}, {ScalingBench.Round(result.Claims)}";
        });
    }

    private static void Table((string Name, ScalingInputs Inputs)[] rows, Func<ScalingInputs, int, string> cell)
    {
        Console.WriteLine();
        Console.WriteLine($"| | {string.Join(" | ", Gateways.Select(static gateways => $"{gateways} gateway{(gateways == 1 ? "" : "s")}"))} |");
        Console.WriteLine($"| --- |{string.Concat(Gateways.Select(static _ => " --- |"))}");
        foreach (var (name, inputs) in rows)
        {
            Console.WriteLine($"| {name} | {string.Join(" | ", Gateways.Select(gateways => cell(inputs, gateways)))} |");
        }
    }

    private static string Highest(ScalingInputs inputs, int gateways)
    {
        var highest = 0;
        foreach (var rate in Rates)
        {
            var result = ScalingRun.Open(inputs, gateways, consumers: 1, rate, longest: 2e6, ScalingBench.StepsFor(gateways));
            if (!result.Holds)
            {
                return $"{highest.ToString("#,0", CultureInfo.InvariantCulture)}: {ScalingBench.Name(result.Wall)}";
            }

            highest = rate;
        }

        return $"≥ {highest.ToString("#,0", CultureInfo.InvariantCulture)}";
    }
}
