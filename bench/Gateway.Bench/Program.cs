using AngoGateway.Bench.Scaling;

namespace AngoGateway.Bench;

/// <summary>
/// <c>gateway-bench NAME [--option value]…</c> runs a bench and prints its table. <c>collector</c> and <c>consumer</c> are what a
/// bench starts beside the gateway, each in a process of its own so that none runs on another's heap.
/// </summary>
internal static class Program
{
    private const string Usage = "gateway-bench tracing|replicas|statements [--rounds 5] [--turns 5] [--seconds 3] [--warm-up 5] [--connections 32] [--consumers 1] | scaling";

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
            case "collector":
                await Collector.RunAsync();
                return 0;
            case "consumer":
                await Consumer.RunAsync();
                return 0;
            default:
                await Console.Error.WriteLineAsync(Usage);
                return 2;
        }
    }
}

/// <summary>How long and how hard, for every bench.</summary>
/// <param name="Rounds">Each with new processes.</param>
/// <param name="Turns">Of each contender in a round.</param>
/// <param name="Seconds">Of a turn that count.</param>
/// <param name="WarmUp">Seconds of load before the first turn: compilers and caches settle.</param>
/// <param name="Connections">Senders, each with one request on its way at a time.</param>
/// <param name="Consumers">That get every event; 0 leaves all events unrouted.</param>
internal sealed record BenchOptions(int Rounds = 5, int Turns = 5, int Seconds = 3, int WarmUp = 5, int Connections = 32, int Consumers = 1)
{
    /// <summary>Null when an option is unknown or no number.</summary>
    public static BenchOptions? Read(string[] args)
    {
        var options = new BenchOptions();
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
                default:
                    return null;
            }
        }

        return options is { Rounds: > 0, Turns: > 0, Seconds: > 0, Connections: > 0 } ? options : null;
    }
}
