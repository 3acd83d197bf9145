namespace AngoGateway.Bench.Peers;

/// <summary>Nothing: the sender reaches the internal service itself. What all others are added to.</summary>
internal static class NoGateway
{
    public static Peer Peer { get; } = new("none", static ground => Task.FromResult(new Stand(
        compared: [], others: [], static () => Task.CompletedTask, static () => Task.FromResult(""), static () => { })
    {
        Targets = [ground.Upstream.Addresses[0]],
        Good = 200,
    }))
    {
        Verifies = false,
    };
}
