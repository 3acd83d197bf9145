using System.Text.Json.Nodes;
using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Curves;

/// <summary>What is varied: a new curve is a new list of points here.</summary>
internal static class AllCurves
{
    private const int Connections = 64;
    private const int Small = 2 << 10;

    // On their way at the same time: the gateway answers 503 when more than 64 MB wait for its disk.
    private const int BytesOnTheWay = 32 << 20;

    private const string Project = "66c5a3babfebe70015f8b15c";

    /// <param name="quick">Every other value, and none that takes long to prepare.</param>
    public static IReadOnlyList<Curve> Of(bool quick) =>
    [
        new("connections", "connections", Both(Some(quick, [1, 4, 16, 64, 256, 1024]), static (kind, n) => new(n, Gateway(kind, [1]), Small, (int)n))),
        new("body", "payload", Both(
            Some(quick, [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 32 << 20]),
            static (kind, bytes) => new(bytes, Gateway(kind, [1]), (int)bytes, (int)Math.Clamp(BytesOnTheWay / bytes, 1, Connections))))
        {
            Label = static bytes => PeerTables.Size((int)bytes),
        },
        new("routes", "routes", Both(
            Some(quick, [1, 10, 100, 1000, 10_000]), static (kind, n) => new(n, Gateway(kind, [1], config => AddRoutes(config, (int)n - 1)), Small, Connections))),
        new("consumers", "consumers of each webhook", Queue(
            Some(quick, [1, 3, 10, 50, 100, 200]), static n => new(n, Gateway(Kind.Queue, Enumerable.Range(1, (int)n)), Small, Connections))),
        new("journal", "keys in the journal", Queue(
            quick ? [0, 100_000] : [0, 10_000, 100_000, 1_000_000, 10_000_000],
            static n => new(n, Gateway(Kind.Queue, [1], prepare: path => JournalFill.AddKeys(path, (long)n)), Small, Connections))),
        new("backlog", "deliveries that wait for another consumer, which is paused", Queue(
            quick ? [0, 100_000] : [0, 1000, 10_000, 100_000, 1_000_000],
            static n => new(n, Gateway(Kind.Queue, [1], AddPaused, path => JournalFill.AddBacklog(path, Paused, (long)n)), Small, Connections))),
    ];

    private const string Paused = "paused";

    private enum Kind
    {
        Queue,
        Proxy,
    }

    private static CurveLine[] Both(double[] values, Func<Kind, double, CurvePoint> point) =>
        [.. Queue(values, value => point(Kind.Queue, value)), new("proxy, memory", [.. values.Select(value => point(Kind.Proxy, value))])];

    private static CurveLine[] Queue(double[] values, Func<double, CurvePoint> point) => [new("queue, SQLite", [.. values.Select(point)])];

    private static double[] Some(bool quick, double[] values) =>
        quick ? [.. values.Where((value, i) => i % 2 == 0)] : values;

    private static Peer Gateway(Kind kind, IEnumerable<int> consumers, Action<JsonObject>? change = null, Action<string>? prepare = null)
    {
        int[] all = [.. consumers];
        var (journal, mode) = kind == Kind.Queue ? ("sqlite", "queue") : ("memory", "proxy");
        return new Peer($"{mode}, {journal}", ground =>
        {
            var journalJson = new JsonObject { ["type"] = journal };
            if (journal == "sqlite")
            {
                journalJson["path"] = JournalFill.File;
            }

            var config = GatewayStand.Config(journalJson, mode, [.. all.Select(n => ground.Upstream.Addresses[n % Upstream.Services])]);
            change?.Invoke(config);
            return GatewayStand.OwnAsync(config, mode, folder => prepare?.Invoke(Path.Combine(folder, JournalFill.File)));
        })
        {
            Arrivals = all.Length,
            Queues = kind == Kind.Queue,
        };
    }

    // Of other projects, before the one that matches, which names its project too.
    private static void AddRoutes(JsonObject config, int others)
    {
        var routes = config["routes"]!.AsArray();
        routes[0]!["match"] = new JsonObject { ["project"] = Project };
        for (var i = 0; i < others; i++)
        {
            routes.Insert(0, new JsonObject { ["match"] = new JsonObject { ["project"] = $"{i:x24}" }, ["to"] = new JsonArray("consumer-1") });
        }
    }

    private static void AddPaused(JsonObject config) => config["consumers"]![Paused] = config["consumers"]!["consumer-1"]!.DeepClone();
}
