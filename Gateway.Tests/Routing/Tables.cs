using AngoGateway.Consumers;
using AngoGateway.Envelopes;
using AngoGateway.Routing;

namespace AngoGateway.Tests.Routing;

/// <summary>Route tables from a few words, with every consumer that their routes name.</summary>
internal static class Tables
{
    public static readonly Envelope Review = new(
        Project: "66c5a3babfebe70015f8b15c",
        TaskId: "66d0c0ffee0000000000a001",
        Stage: "0d2f6a1c-1111-4222-8333-944445555666",
        StageId: "0d2f6a1c-1111-4222-8333-944445555666",
        StageName: "Review",
        UpdatedAt: "2025-01-01T00:00:00.000Z",
        Batches: ["66e000000000000000000b01"],
        BatchNames: ["Pilot – Été"]);

    public static RouteConfig To(string consumer, MatchConfig? match = null, RouteMode mode = RouteMode.Queue) =>
        new(match ?? new MatchConfig(), [consumer], Mode: mode);

    public static RouteTable Compile(params RouteConfig[] routes) => RouteTable.Compile(
        routes,
        routes.SelectMany(route => route.To).Distinct()
            .ToDictionary(name => name, name => Consumer.Compile(name, new ConsumerConfig(Url: "http://localhost/"))));

    public static string[] Queued(this RouteTable table, Envelope envelope, string source = "ango") =>
        [.. table.Match(source, envelope).Queue.Select(consumer => consumer.Name)];

    public static bool Takes(MatchConfig match, Envelope envelope, string source = "ango") =>
        !Compile(To("a", match)).Match(source, envelope).IsUnrouted;
}
