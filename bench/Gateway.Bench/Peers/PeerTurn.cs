using System.Net.Sockets;

namespace AngoGateway.Bench.Peers;

/// <summary>What a system's turn with payloads of one size brought.</summary>
/// <param name="PerSecond">Webhooks that were taken while it counted.</param>
/// <param name="EndToEnd">All that were taken, per second until the last had arrived; null: taken is arrived.</param>
/// <param name="System">Processor time for each that was taken, until it had arrived unless deliveries wait: of the system and its database, in microseconds.</param>
/// <param name="Upstream">Of the services.</param>
/// <param name="Senders">Of the load.</param>
/// <param name="PeakMemory">Of the system without its database, in bytes.</param>
/// <param name="Refused">Answers that do not count.</param>
internal sealed record PeerTurn(double PerSecond, double? EndToEnd, double System, double Upstream, double Senders, long PeakMemory, int Refused)
{
    /// <summary>What it can take for ever.</summary>
    public double Sustained => EndToEnd ?? PerSecond;

    public static async Task<PeerTurn> TakeAsync(Peer peer, Stand stand, PeerGround ground, Payload payload, int connections, double seconds)
    {
        var arrived = (await Bench.Peers.Upstream.AskAsync(ground.Upstream.Addresses[0], record: false)).Arrived;
        stand.ForgetPeak();
        var before = Used();
        var (loop, taken) = await peer.LoadAsync(stand, async () => (await LoadAsync(), Used()));
        await stand.DrainAsync();
        var until = TimeProvider.System.GetElapsedTime(loop.First);
        var after = peer.Holds ? taken : Used();
        arrived = (await Bench.Peers.Upstream.AskAsync(ground.Upstream.Addresses[0], record: false)).Arrived - arrived;
        if (arrived < (long)loop.Accepted * peer.Arrivals)
        {
            throw new InvalidOperationException($"{peer.Name} took {loop.Accepted} webhooks, and only {arrived} of {(long)loop.Accepted * peer.Arrivals} arrived.");
        }

        return new PeerTurn(
            loop.PerSecond,
            peer.Queues ? loop.Accepted / until.TotalSeconds : null,
            Each(after.System - before.System),
            Each(after.Upstream - before.Upstream),
            Each(after.Senders - before.Senders),
            stand.PeakMemory,
            loop.Refused);

        (TimeSpan System, TimeSpan Upstream, TimeSpan Senders) Used() =>
            (stand.Processor + stand.DatabaseProcessor, ground.Upstream.Processor, Environment.CpuUsage.TotalTime);

        async Task<LoopResult> LoadAsync()
        {
            try
            {
                return await ClosedLoop.RunAsync(stand.Targets, connections, payload, stand.Good, TimeSpan.FromSeconds(seconds), static () => { });
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                throw new InvalidOperationException($"{peer.Name} let a connection of {connections} go, with {payload.Bytes.Length} bytes each: {exception.Message}", exception);
            }
        }

        double Each(TimeSpan time) => time.TotalMicroseconds / Math.Max(1, loop.Accepted);
    }
}
