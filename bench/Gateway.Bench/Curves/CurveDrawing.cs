using System.Globalization;
using System.Text;

namespace AngoGateway.Bench.Curves;

/// <summary>A curve as SVG: what is taken per second on the left, p99 on the right, both on logarithmic scales; a thin line from minimum to maximum.</summary>
internal static class CurveDrawing
{
    private const double PanelWidth = 400;
    private const double Height = 300;
    private const double Left = 62;
    private const double Top = 40;
    private const double Bottom = 52;
    private const double Right = 18;

    private static readonly string[] Colors = ["#1f6f8b", "#c2571a"];

    public static string Of(Curve curve)
    {
        var svg = new StringBuilder();
        svg.AppendLine(Invariant($"""<svg xmlns="http://www.w3.org/2000/svg" width="{2 * PanelWidth}" height="{Height}" viewBox="0 0 {2 * PanelWidth} {Height}" font-family="sans-serif" font-size="11">"""));
        svg.AppendLine("""<rect width="100%" height="100%" fill="#ffffff"/>""");
        Panel(svg, curve, offset: 0, "webhooks/s", static turn => turn.PerSecond);
        Panel(svg, curve, PanelWidth, "p99, ms", static turn => turn.P99);
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Panel(StringBuilder svg, Curve curve, double offset, string title, Func<CurveTurn, double> figure)
    {
        var points = curve.Lines.SelectMany(static line => line.Points).ToArray();
        double[] values = [.. points.Select(static point => point.Value).Distinct().Order()];
        var figures = points.SelectMany(static point => point.Turns).Select(figure).ToArray();
        var (low, high) = (Math.Floor(Math.Log10(figures.Min())), Math.Ceiling(Math.Log10(figures.Max()) + 0.001));
        svg.AppendLine(Invariant($"""<g transform="translate({offset} 0)">"""));
        Text(svg, Left, 18, title, "start", "font-weight=\"bold\" ");
        Text(svg, Left + ((PanelWidth - Left - Right) / 2), Height - 12, curve.Axis, "middle");
        for (var power = low; power <= high; power++)
        {
            var y = Y(Math.Pow(10, power));
            svg.AppendLine(Invariant($"""<line x1="{Left}" y1="{y:0.#}" x2="{PanelWidth - Right}" y2="{y:0.#}" stroke="#dddddd"/>"""));
            Text(svg, Left - 6, y + 4, Short(Math.Pow(10, power)), "end");
        }

        foreach (var value in values)
        {
            svg.AppendLine(Invariant($"""<line x1="{X(value):0.#}" y1="{Height - Bottom}" x2="{X(value):0.#}" y2="{Height - Bottom + 4}" stroke="#444444"/>"""));
            Text(svg, X(value), Height - Bottom + 17, curve.Label(value), "middle");
        }

        svg.AppendLine(Invariant($"""<line x1="{Left}" y1="{Height - Bottom}" x2="{PanelWidth - Right}" y2="{Height - Bottom}" stroke="#444444"/>"""));
        foreach (var (line, i) in curve.Lines.Select(static (line, i) => (line, i)))
        {
            Line(svg, line, Colors[i]);
            Text(svg, PanelWidth - Right, 18 + (13 * i), line.Name, "end", $"fill=\"{Colors[i]}\" ");
        }

        svg.AppendLine("</g>");

        void Line(StringBuilder to, CurveLine line, string color)
        {
            var path = string.Join(' ', line.Points.Select(point => Invariant($"{X(point.Value):0.#},{Y(Medians.Of(point.Turns, figure)):0.#}")));
            to.AppendLine(Invariant($"""<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.8"/>"""));
            foreach (var point in line.Points)
            {
                var (x, y) = (X(point.Value), Y(Medians.Of(point.Turns, figure)));
                to.AppendLine(Invariant($"""<line x1="{x:0.#}" y1="{Y(point.Turns.Min(figure)):0.#}" x2="{x:0.#}" y2="{Y(point.Turns.Max(figure)):0.#}" stroke="{color}"/>"""));
                to.AppendLine(Invariant($"""<circle cx="{x:0.#}" cy="{y:0.#}" r="2.8" fill="{color}"/>"""));
            }
        }

        // Zero stands where a tenth of the next would.
        double X(double value)
        {
            var logs = values.Select(one => Math.Log10(one > 0 ? one : values[1] / 10)).ToArray();
            var at = Math.Log10(value > 0 ? value : values[1] / 10);
            return Left + 12 + ((PanelWidth - Left - Right - 24) * (at - logs[0]) / Math.Max(1e-9, logs[^1] - logs[0]));
        }

        double Y(double value) => Height - Bottom - ((Height - Bottom - Top) * (Math.Log10(value) - low) / Math.Max(1e-9, high - low));
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string more = "") =>
        svg.AppendLine(Invariant($"""<text x="{x:0.#}" y="{y:0.#}" text-anchor="{anchor}" {more}>{text}</text>"""));

    private static string Short(double value) => value switch
    {
        >= 1e6 => Invariant($"{value / 1e6:0.#} M"),
        >= 1e3 => Invariant($"{value / 1e3:0.#} k"),
        _ => Invariant($"{value:0.###}"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
