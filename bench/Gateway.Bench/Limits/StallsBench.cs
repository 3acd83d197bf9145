using System.Text.Json.Nodes;
using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Limits;

/// <summary>
/// Whether anything keeps webhooks waiting while the gateway works on for long: at a fixed rate on SQLite, with pruning and
/// checkpoints all the while, beside what a bare sync takes on the same disk.
/// </summary>
internal static class StallsBench
{
    /// <summary>Seconds that count.</summary>
    public static readonly BenchOptions Usual = new(Rounds: 1, Seconds: 600, WarmUp: 10, Connections: 64);

    public static readonly BenchOptions Quick = new(Rounds: 1, Seconds: 30, WarmUp: 5, Connections: 64);

    private const int PayloadBytes = 4 << 10;
    private const double PerSecond = 1000;

    private static readonly TimeSpan BareAlone = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BareBeside = TimeSpan.FromMilliseconds(50);

    // Keys may not go before the webhook that bears them has arrived.
    private static JsonObject ShortRetention => new() { ["events"] = "00:00:05", ["keys"] = "00:00:30" };

    private static Payload Bodies => Payload.OfBoxes(PayloadBytes);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        BenchProcess.AnswerInline();
        await using var ground = await LimitsGround.PrepareAsync();
        var batch = await FillAsync(ground, options);
        var bareBytes = batch * PayloadBytes;
        var before = await JournalFile.LookAsync(ground.Journal);
        Console.WriteLine($"{before.Events} events to be pruned; {batch} webhook(s) in a batch at this rate. The bare loop, {bareBytes >> 10} KB each, alone …");
        var bare = await BareSyncs.RunAsync(ground.Folder, bareBytes, BareAlone);
        Stalls stalls;
        long logs;
        Commits commits;
        double written;
        await using (var gateway = await ground.StartGatewayAsync(ShortRetention))
        {
            // Its first pruning pass begins with it and goes on with each batch.
            await LoadAsync(gateway, options, options.WarmUp);
            (logs, commits, written) = (await JournalFile.LogsAsync(ground.Journal), await Commits.ReadAsync(gateway.Addresses[1]), ProcessWrites.Of(gateway.Id));
            Console.WriteLine($"Warm. {options.Seconds} s at {PerSecond:0}/s …");
            using var stop = new CancellationTokenSource();
            var beside = BareSyncs.RunAsync(ground.Folder, bareBytes, BareBeside, stop.Token);
            var loop = await LoadAsync(gateway, options, options.Seconds);
            await stop.CancelAsync();
            stalls = new Stalls(loop, await beside);
            (logs, commits, written) = (
                await JournalFile.LogsAsync(ground.Journal) - logs, await Commits.ReadAsync(gateway.Addresses[1]) - commits, ProcessWrites.Of(gateway.Id) - written);
        }

        var after = await JournalFile.LookAsync(ground.Journal);
        bare += await BareSyncs.RunAsync(ground.Folder, bareBytes, BareAlone);
        stalls.Print(bare);
        Console.WriteLine();
        Console.WriteLine(
            $"{stalls.Loop.Accepted} webhooks of {PeerTables.Size(PayloadBytes)}, {PerSecond:0} due per second for {options.Seconds} s " +
            $"over {options.Connections} connections, " +
            $"one consumer; {commits.Count:0} commits, {commits.Writes / commits.Count:0.0} writes each, {commits.Slow:0} of them over 50 ms; " +
            $"{written / 1e6 / options.Seconds:0} MB/s written. Pruned since its start: {after.Oldest - before.Oldest} events and " +
            $"{before.Keys + after.Newest - before.Newest - after.Keys} keys, with {after.Events} events left. The log was begun anew {logs} times.");
        if (stalls.Loop.Refused > 0)
        {
            Console.WriteLine($"{stalls.Loop.Refused} webhooks were refused.");
        }

        return stalls.Loop.Refused == 0 && after.Oldest > before.Oldest && logs > 0 ? 0 : 1;
    }

    /// <returns>Webhooks in a batch at the bench's rate.</returns>
    private static async Task<int> FillAsync(LimitsGround ground, BenchOptions options)
    {
        await using var gateway = await ground.StartGatewayAsync();
        // Each webhook takes two old events with it: these last for half the time, then their keys go.
        var wanted = (options.Seconds + options.WarmUp) * PerSecond / 2;
        for (var accepted = 0; accepted < wanted;)
        {
            accepted += (await ClosedLoop.RunAsync(
                [gateway.Addresses[0]], options.Connections, Bodies, good: 202, TimeSpan.FromSeconds(Math.Min(5, wanted / 5000)), static () => { })).Accepted;
            await GatewayStand.DrainAsync(gateway.Addresses[1]);
        }

        var before = await Commits.ReadAsync(gateway.Addresses[1]);
        var loop = await LoadAsync(gateway, options, options.WarmUp);
        await GatewayStand.DrainAsync(gateway.Addresses[1]);
        return (int)Math.Max(1, Math.Round(loop.Accepted / (await Commits.ReadAsync(gateway.Addresses[1]) - before).Count));
    }

    private static Task<LoopResult> LoadAsync(BenchProcess gateway, BenchOptions options, double seconds) =>
        OpenLoop.RunAsync(gateway.Addresses[0], options.Connections, Bodies, good: 202, PerSecond, TimeSpan.FromSeconds(seconds));
}
