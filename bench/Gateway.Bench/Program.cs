using AngoGateway.Bench.Curves;
using AngoGateway.Bench.Limits;
using AngoGateway.Bench.Peers;
using AngoGateway.Bench.Scaling;

namespace AngoGateway.Bench;

/// <summary>
/// <c>gateway-bench NAME [--option value]…</c> runs a bench and prints its table. <c>collector</c>, <c>consumer</c>, <c>upstream</c> and
/// <c>raw-yarp</c> are what a bench starts beside the gateway, each in a process of its own so that none runs on another's heap.
/// </summary>
internal static class Program
{
    private const string Usage = "gateway-bench tracing|replicas|statements|starts|forged|syncs|stalls|journal|peers|curves [--quick] [--only NAMES] [--drawings FOLDER] [--rounds 5] [--turns 5] [--seconds 3] [--warm-up 5] [--connections 32] [--consumers 1] [--kilobytes 0] | scaling";

    public static async Task<int> Main(string[] args)
    {
        switch (args.FirstOrDefault())
        {
            case "tracing" when BenchOptions.Read(args[1..]) is { } options:
                return await TracingBench.RunAsync(options);
            case "replicas" when BenchOptions.Read(args[1..]) is { } options:
                return await ReplicasBench.RunAsync(options);
            case "statements" when BenchOptions.Read(args[1..]) is { } options:
                await StatementsBench.RunAsync(options);
                return 0;
            case "scaling" when args.Length == 1:
                ScalingBench.Run();
                return 0;
            case "peers" when PeersBench.Of(args[1..]) is { } peers:
                return await peers.RunAsync();
            case "curves" when CurvesBench.Of(args[1..]) is { } curves:
                return await curves.RunAsync();
            case "starts" when BenchOptions.Read(args[1..], StartsBench.Usual, StartsBench.Quick) is { } options:
                return await StartsBench.RunAsync(options);
            case "forged" when BenchOptions.Read(args[1..], ForgedBench.Usual, ForgedBench.Quick) is { } options:
                return await ForgedBench.RunAsync(options);
            case "syncs" when BenchOptions.Read(args[1..], SyncsBench.Usual, SyncsBench.Quick) is { } options:
                return await SyncsBench.RunAsync(options);
            case "stalls" when BenchOptions.Read(args[1..], StallsBench.Usual, StallsBench.Quick) is { } options:
                return await StallsBench.RunAsync(options);
            case "journal" when BenchOptions.Read(args[1..], JournalAloneBench.Usual, JournalAloneBench.Quick) is { } options:
                return await JournalAloneBench.RunAsync(options, grows: !args.Contains("--quick"));
            case "upstream":
                await Upstream.RunAsync();
                return 0;
            case "raw-yarp" when args.Length == 2:
                await RawYarp.RunAsync(args[1]);
                return 0;
            case "collector":
                await Collector.RunAsync();
                return 0;
            case "consumer":
                await Consumer.RunAsync();
                return 0;
            default:
                return await ExplainAsync();
        }
    }

    private static async Task<int> ExplainAsync()
    {
        await Console.Error.WriteLineAsync(Usage);
        return 2;
    }
}

/// <summary>How long and how hard, for every bench.</summary>
/// <param name="Rounds">Each with new processes.</param>
/// <param name="Turns">Of each contender in a round.</param>
/// <param name="Seconds">Of a turn that count.</param>
/// <param name="WarmUp">Seconds of load before the first turn: compilers and caches settle.</param>
/// <param name="Connections">Senders, each with one request on its way at a time.</param>
/// <param name="Consumers">That get every event; 0 leaves all events unrouted.</param>
/// <param name="Kilobytes">Of the payloads, where a bench has several sizes; 0: each of them.</param>
internal sealed record BenchOptions(int Rounds = 5, int Turns = 5, int Seconds = 3, int WarmUp = 5, int Connections = 32, int Consumers = 1, int Kilobytes = 0)
{
    /// <summary>The same where <c>--quick</c> has other defaults.</summary>
    /// <param name="args">Of the command line.</param>
    /// <param name="usual">What holds where they say nothing.</param>
    /// <param name="quick">What holds instead with <c>--quick</c>.</param>
    public static BenchOptions? Read(string[] args, BenchOptions usual, BenchOptions quick) => args.Contains("--quick")
        ? Read([.. args.Where(static arg => arg != "--quick")], quick)
        : Read(args, usual);

    /// <summary>Null when an option is unknown or no number.</summary>
    /// <param name="args">Of the command line.</param>
    /// <param name="usual">What holds where they say nothing; null: the defaults.</param>
    public static BenchOptions? Read(string[] args, BenchOptions? usual = null)
    {
        var options = usual ?? new BenchOptions();
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var text] || !int.TryParse(text, out var number) || number < 0)
            {
                return null;
            }

            switch (name)
            {
                case "--rounds":
                    options = options with { Rounds = number };
                    break;
                case "--turns":
                    options = options with { Turns = number };
                    break;
                case "--seconds":
                    options = options with { Seconds = number };
                    break;
                case "--warm-up":
                    options = options with { WarmUp = number };
                    break;
                case "--connections":
                    options = options with { Connections = number };
                    break;
                case "--consumers":
                    options = options with { Consumers = number };
                    break;
                case "--kilobytes":
                    options = options with { Kilobytes = number };
                    break;
                default:
                    return null;
            }
        }

        return options is { Rounds: > 0, Turns: > 0, Seconds: > 0, Connections: > 0 } ? options : null;
    }
}
