namespace AngoGateway.Bench.Curves;

/// <summary>A curve in figures: medians, with minimum and maximum.</summary>
internal static class CurveTable
{
    public static void Print(Curve curve)
    {
        Console.WriteLine();
        Console.WriteLine($"### {curve.Name}");
        Console.WriteLine();
        Console.WriteLine($"| {curve.Axis} | {string.Join(" | ", curve.Lines.Select(static line => $"{line.Name}: webhooks/s | p99, ms"))} |");
        Console.WriteLine($"| --- |{string.Concat(curve.Lines.Select(static _ => " --- | --- |"))}");
        for (var i = 0; i < curve.Lines[0].Points.Count; i++)
        {
            Console.WriteLine($"| {curve.Label(curve.Lines[0].Points[i].Value)} | {string.Join(" | ", curve.Lines.Select(line =>
                $"{Of(line.Points[i], static turn => turn.PerSecond, "0")} | {Of(line.Points[i], static turn => turn.P99, "0.0")}"))} |");
        }
    }

    private static string Of(CurvePoint point, Func<CurveTurn, double> figure, string format) => FormattableString.Invariant(
        $"{Medians.Of(point.Turns, figure).ToString(format)} ({point.Turns.Min(figure).ToString(format)}–{point.Turns.Max(figure).ToString(format)})");
}
