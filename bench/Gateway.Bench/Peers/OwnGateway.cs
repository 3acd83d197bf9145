namespace AngoGateway.Bench.Peers;

/// <summary>The gateway in its two modes.</summary>
internal static class OwnGateway
{
    /// <summary>It passes the service's own answer on.</summary>
    public static Peer Proxy(string journal) => new(
        $"ours, proxy, {Name(journal)}", ground => GatewayStand.BeforeAsync(journal, "proxy", [ground.Upstream.Addresses[0]]));

    /// <summary>It answers once the event is durable and delivers it to each consumer.</summary>
    public static Peer Queue(string journal, int consumers) => new(
        $"ours, queue, {Name(journal)}, {consumers} consumer{(consumers > 1 ? "s" : "")}",
        ground => GatewayStand.BeforeAsync(
            journal, "queue", [.. ground.Upstream.Addresses.Take(consumers)], journal == "postgres" ? ground.Database : null))
    {
        Arrivals = consumers,
        Queues = true,
    };

    /// <summary>It answers once the event is durable; its consumer is paused meanwhile, and gets everything afterwards.</summary>
    public static Peer Accept(string journal) => Queue(journal, 1) with
    {
        Name = $"ours, queue, {Name(journal)}, accepting alone",
        Queues = false,
        Holds = true,
        // Beyond, it is the disk that takes webhooks, whether they are delivered or not.
        Largest = 32 << 10,
    };

    private static string Name(string journal) => journal switch
    {
        "sqlite" => "SQLite",
        "postgres" => "PostgreSQL",
        _ => journal,
    };
}
