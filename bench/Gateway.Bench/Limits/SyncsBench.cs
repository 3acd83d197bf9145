using AngoGateway.Bench.Peers;

namespace AngoGateway.Bench.Limits;

/// <summary>How many syncs a batch costs on SQLite: counted by the kernel's side, beside the transactions that the gateway says it committed.</summary>
internal static class SyncsBench
{
    /// <summary>Rounds of new processes, seconds under each kind of load.</summary>
    public static readonly BenchOptions Usual = new(Rounds: 3, Seconds: 10, WarmUp: 3, Connections: 64);

    public static readonly BenchOptions Quick = new(Rounds: 1, Seconds: 5, WarmUp: 2, Connections: 64);

    private const int PayloadBytes = 4 << 10;
    private const double PerSecond = 1000;
    private const double Aim = 1.1;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        BenchProcess.AnswerInline();
        var closed = new List<SyncTurn>();
        var open = new List<SyncTurn>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            await using var ground = await LimitsGround.PrepareAsync();
            await using var gateway = await ground.StartGatewayAsync();
            await CloseAsync(options.WarmUp);
            closed.Add(await CountAsync(ground, gateway, () => CloseAsync(options.Seconds)));
            open.Add(await CountAsync(ground, gateway, () => OpenLoop.RunAsync(
                gateway.Addresses[0], options.Connections, Payload.OfBoxes(PayloadBytes), good: 202, PerSecond, TimeSpan.FromSeconds(options.Seconds))));
            Console.WriteLine($"round {round}: closed loop {closed[^1].PerBatch:0.000} syncs per batch, open loop {open[^1].PerBatch:0.000}");

            Task<LoopResult> CloseAsync(double seconds) => ClosedLoop.RunAsync(
                [gateway.Addresses[0]], options.Connections, Payload.OfBoxes(PayloadBytes), good: 202, TimeSpan.FromSeconds(seconds), static () => { });
        }

        Console.WriteLine();
        Console.WriteLine("| | webhooks | batches | writes per batch | syncs | of them the database's | syncs per batch, median (min–max) | aim |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        Print($"closed loop, {options.Connections} connections", closed);
        Print($"open loop, {PerSecond:0}/s", open);
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Rounds} round(s) of new processes, {options.Seconds} s of each load and until all was delivered to one consumer; " +
            $"webhooks of {PeerTables.Size(PayloadBytes)}. " +
            "Syncs: every fsync, fdatasync, sync_file_range and msync of the gateway's process, its checkpoints' included, counted by strace, which slows it down. " +
            "Batches: the transactions of gateway.journal.commit.size. Counts are sums, a batch's writes too.");
        return closed.Concat(open).Any(static turn => turn.Refused > 0) ? 1 : 0;
    }

    private static async Task<SyncTurn> CountAsync(LimitsGround ground, BenchProcess gateway, Func<Task<LoopResult>> loadAsync)
    {
        var admin = gateway.Addresses[1];
        await GatewayStand.DrainAsync(admin);
        var before = await Commits.ReadAsync(admin);
        await using var count = await SyncCount.BeginAsync(gateway.Id, ground.Folder);
        var loop = await loadAsync();
        await GatewayStand.DrainAsync(admin);
        var commits = await Commits.ReadAsync(admin) - before;
        var syncs = await count.EndAsync();
        return new SyncTurn(loop.Accepted, loop.Refused, commits, syncs.Values.Sum(), syncs.GetValueOrDefault(Path.GetFileName(ground.Journal)));
    }

    private static void Print(string load, List<SyncTurn> turns)
    {
        var commits = turns.Sum(static turn => turn.Commits.Count);
        Console.WriteLine(
            $"| {load} | {turns.Sum(static turn => turn.Webhooks)} | {commits:0} | {turns.Sum(static turn => turn.Commits.Writes) / commits:0.0} | " +
            $"{turns.Sum(static turn => turn.Syncs)} | {turns.Sum(static turn => turn.OfDatabase)} | {Medians.Of(turns, static turn => turn.PerBatch):0.000} " +
            $"({turns.Min(static turn => turn.PerBatch):0.000}–{turns.Max(static turn => turn.PerBatch):0.000}) | ≤ {Aim} |");
    }

    /// <param name="Webhooks">That were taken.</param>
    /// <param name="Refused">Any other answer.</param>
    /// <param name="Commits">Meanwhile.</param>
    /// <param name="Syncs">Of all files.</param>
    /// <param name="OfDatabase">Of the database file itself, by checkpoints.</param>
    private sealed record SyncTurn(int Webhooks, int Refused, Commits Commits, int Syncs, int OfDatabase)
    {
        public double PerBatch => Syncs / Commits.Count;
    }
}
