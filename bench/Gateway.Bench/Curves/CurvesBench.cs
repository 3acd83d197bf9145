using System.Text.RegularExpressions;
using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Curves;

/// <summary>
/// How what the gateway takes, and how long it takes, changes with how much there is of something: a new process for each value, again in
/// each round; medians are drawn.
/// </summary>
/// <param name="options">How long and how often.</param>
/// <param name="curves">What is varied.</param>
/// <param name="drawings">The folder of the drawings.</param>
internal sealed class CurvesBench(BenchOptions options, IReadOnlyList<Curve> curves, string drawings)
{
    /// <summary>The share of its own throughput at which latencies are measured.</summary>
    public const double Calm = 0.4;

    // Enough for a percentile, where the rate is low; and not for ever.
    private const double Enough = 300;
    private const int LongestSeconds = 6;

    private static readonly BenchOptions Usual = new(Rounds: 3, Seconds: 2, WarmUp: 4);
    private static readonly BenchOptions Quick = new(Rounds: 1, Seconds: 1, WarmUp: 1);

    /// <param name="args"><c>--quick</c>, <c>--only</c> with a regular expression, <c>--drawings</c> with a folder, and what every bench takes.</param>
    /// <returns>Null when one is not understood.</returns>
    public static CurvesBench? Of(string[] args)
    {
        var quick = args.Contains("--quick");
        string[] pairs = [.. args.Where(static arg => arg != "--quick")];
        var only = new Regex(Value("--only") ?? "", RegexOptions.None, TimeSpan.FromSeconds(1));
        string[] rest = [.. pairs.Chunk(2).Where(static pair => pair[0] is not ("--only" or "--drawings")).SelectMany(static pair => pair)];
        return BenchOptions.Read(rest, quick ? Quick : Usual) is { } options
            ? new CurvesBench(options, [.. AllCurves.Of(quick).Where(curve => only.IsMatch(curve.Name))], Value("--drawings") ?? Path.Combine("docs", "performance"))
            : null;

        string? Value(string name) => pairs.Chunk(2).FirstOrDefault(pair => pair.Length == 2 && pair[0] == name)?[1];
    }

    public async Task<int> RunAsync()
    {
        BenchProcess.AnswerInline();
        await using var upstream = await BenchProcess.StartAsync("gateway-bench.dll", ["upstream"], new Dictionary<string, string>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var curve in curves)
            {
                foreach (var (line, point) in curve.Lines.SelectMany(static line => line.Points.Select(point => (line, point))))
                {
                    point.Turns.Add(await MeasureAsync(point, upstream));
                    Console.WriteLine($"round {round}, {curve.Name} {curve.Label(point.Value)}, {line.Name}: {point.Turns[^1].PerSecond:0}/s, p99 {point.Turns[^1].P99:0.0} ms");
                }
            }
        }

        Directory.CreateDirectory(drawings);
        foreach (var curve in curves)
        {
            CurveTable.Print(curve);
            await File.WriteAllTextAsync(Path.Combine(drawings, $"{curve.Name}.svg"), CurveDrawing.Of(curve));
        }

        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} round(s) of new processes, {options.WarmUp} s of warm-up and {options.Seconds} s of load at each value; p99 at {Calm} of the point's own throughput, " +
            "from when each webhook was due; unique signed payloads of labelled boxes, of 2 KB and over 64 connections unless that is what varies, as many fewer as 32 MB on their way take.");
        return 0;
    }

    private async Task<CurveTurn> MeasureAsync(CurvePoint point, BenchProcess upstream)
    {
        var ground = new PeerGround(upstream, Database: null, point.Bytes);
        var payload = Payload.OfBoxes(point.Bytes);
        await using var stand = await point.Peer.StartAsync(ground);
        await PeerTurn.TakeAsync(point.Peer, stand, ground, payload, point.Connections, options.WarmUp);
        var turn = await PeerTurn.TakeAsync(point.Peer, stand, ground, payload, point.Connections, options.Seconds);
        if (turn.Refused > 0)
        {
            throw new InvalidOperationException($"{point.Peer.Name} refused {turn.Refused} webhooks of {point.Bytes} bytes over {point.Connections} connections.");
        }

        var rate = Calm * turn.Sustained;
        var loop = await OpenLoop.RunAsync(
            stand.Targets[0], point.Connections, payload, stand.Good, rate, TimeSpan.FromSeconds(Math.Clamp(Enough / rate, options.Seconds, LongestSeconds)));
        await stand.DrainAsync();
        return new CurveTurn(turn.Sustained, loop.Percentile(0.99).TotalMilliseconds);
    }
}
