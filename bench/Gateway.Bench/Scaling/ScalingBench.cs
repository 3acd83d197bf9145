using System.Globalization;

namespace AngoGateway.Bench.Scaling;

/// <summary>
/// From 1 to 1,000 gateways and from 10 to 1,000,000 events a second on one database, by simulation: where the first wall
/// stands, and what moves it. Prints the tables of docs/scaling.md; the same every time.
/// </summary>
internal static class ScalingBench
{
    // At the least rate some hundred webhooks; where much happens, as many steps as a minute in all has room for.
    private const double Longest = 30e6;
    private const long Steps = 300_000;

    private static readonly int[] Gateways = [1, 2, 3, 5, 10, 30, 100, 300, 1000];
    private static readonly int[] Rates = [10, 100, 1000, 10_000, 100_000, 1_000_000];

    public static void Run()
    {
        var inputs = new ScalingInputs();
        ScalingCheck.Print();
        foreach (var consumers in new[] { 1, 3 })
        {
            var cells = Gateways.Select(gateways => Array.ConvertAll(Rates, rate => ScalingRun.Open(inputs, gateways, consumers, rate, Longest, StepsFor(gateways)))).ToList();
            PrintMatrix(cells, inputs, consumers);
            PrintCells(cells.SelectMany(static row => row), inputs, consumers);
        }

        ScalingWalls.Print();
    }

    /// <summary>More gateways have more to do before anything is steady.</summary>
    public static long StepsFor(int gateways) => Steps + (2000L * gateways);

    public static string Name(Wall wall) => wall switch
    {
        Wall.GatewayProcessor => "gateways",
        Wall.Committers => "committers",
        Wall.Lanes => "lanes",
        Wall.DatabaseProcessor => "database",
        Wall.LogBandwidth => "log",
        _ => "notes",
    };

    public static string Round(double value) => value switch
    {
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0} M"),
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0", CultureInfo.InvariantCulture),
    };

    // What holds shows its latency, what does not the rates that get through.
    private static void PrintMatrix(List<ScalingResult[]> cells, ScalingInputs inputs, int consumers)
    {
        Console.WriteLine();
        Console.WriteLine($"{consumers} consumer(s) of every event. The p99 of an accept where all is accepted and delivered; else what is accepted and delivered a second, and the wall:");
        Console.WriteLine();
        Console.WriteLine($"| gateways | connections | {string.Join(" | ", Rates.Select(static rate => $"{rate.ToString("#,0", CultureInfo.InvariantCulture)}/s"))} |");
        Console.WriteLine($"| --- | --- |{string.Concat(Rates.Select(static _ => " --- |"))}");
        foreach (var row in cells)
        {
            var connections = row.Max(static cell => cell.Connections) * row[0].Gateways;
            Console.WriteLine(
                $"| {row[0].Gateways} | {(connections > inputs.ConnectionLimit ? $"**{Round(connections)}**" : Round(connections))} | {string.Join(" | ", row.Select(static cell => cell.Holds
                    ? $"{Round(cell.P99)} ms{(cell.Use(cell.Wall) > 0.75 ? $" ({Name(cell.Wall)} {cell.Use(cell.Wall):0%})" : "")}"
                    : $"**{Round(cell.Accepted)}, {Round(cell.Delivered)}**: {Name(cell.Wall)}"))} |");
        }
    }

    private static void PrintCells(IEnumerable<ScalingResult> cells, ScalingInputs inputs, int consumers)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"| {consumers} consumer(s): gateways, offered/s | accepted/s | delivered/s | p50, p99 | commits/s, each | syncs/s | log | statements/s | claims/s (empty) | notes/s, heard/s | database's cores of {inputs.DatabaseCores} | connections (at most) | first wall, used |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var cell in cells)
        {
            var processor = cell.Use(Wall.DatabaseProcessor) * inputs.DatabaseCores;
            Console.WriteLine(
                $"| {cell.Gateways}, {Round(cell.Offered)} | {Round(cell.Accepted)} | {Round(cell.Delivered)} | {Round(cell.P50)}, {Round(cell.P99)} ms | " +
                $"{Round(cell.Commits)}, {Round(cell.Batch)} | {Round(cell.Syncs)} | {Round(cell.LogBytes / 1e6)} MB/s | {Round(cell.Statements)} | " +
                $"{Round(cell.Claims)} ({Round(cell.EmptyClaims)}) | {Round(cell.Notes)}, {Round(cell.Heard)} | {processor:0.0} | " +
                $"{Round(cell.Connections * cell.Gateways)} ({Round(inputs.MostConnections * cell.Gateways)}) | {Name(cell.Wall)} {cell.Use(cell.Wall):0%} |");
        }
    }
}
