using System.Diagnostics;
using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>The disk that fails its syncs, and the disk that takes 200 ms for each.</summary>
public sealed class SlowDiskTests
{
    [Trait("Row", "fsync-fails")]
    [SystemFact(root: false, "fiu-run", "fiu-ctrl")]
    public async Task A_disk_that_fails_its_syncs_gets_no_acknowledgement_and_a_restart_loses_none()
    {
        var seconds = Size(2, 10);
        await using var consumer = await Sink.StartAsync(SinkAnswer.Failing);
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url, """ "retry": { "firstDelay": "00:00:00.500", "maxDelay": "00:00:01" } """));
        var load = new Load(rate: 500);
        await using (var gateway = await GatewayProcess.StartAsync(
            config,
            ("LD_PRELOAD", "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so"),
            ("FIU_CTRL_FIFO", Path.Combine(folder.Path, "fiu"))))
        {
            var before = 0;
            using var stop = new CancellationTokenSource(Patience);
            var run = load.RunAsync(gateway.Public, stop.Token);
            await Eventually.TrueAsync(() => load.AcknowledgedCount > 100, Patience, () => "acknowledgements before the fault");
            Tool.Run("fiu-ctrl", "-f", Path.Combine(folder.Path, "fiu"),
                "-c", "enable name=posix/io/sync/fsync,failinfo=5", "-c", "enable name=posix/io/sync/fdatasync,failinfo=5", $"{gateway.Id}");
            before = load.AcknowledgedCount;
            var failing = TimeProvider.System.GetTimestamp();

            // A failed sync may have dropped pages that a later one no longer knows of: the process must not go on.
            await gateway.WaitForExitAsync(Patience);
            Assert.NotEqual(0, gateway.ExitCode);
            await stop.CancelAsync();
            await run;

            // Those that were committed and not yet answered when the fault began.
            Assert.InRange(load.AcknowledgedCount - before, 0, 64);
            Report("fsync fails", $"ended with exit code {gateway.ExitCode} {TimeProvider.System.GetElapsedTime(failing).TotalSeconds:0.00} s after the first failure, {load.AcknowledgedCount} acknowledged before");
        }

        // The disk goes on failing for a while: a gateway that is started meanwhile takes nothing either.
        var stopAt = TimeProvider.System.GetTimestamp();
        var starts = 0;
        do
        {
            starts++;
            await FailsToAcceptAsync(config, load);
        }
        while (IsFull && TimeProvider.System.GetElapsedTime(stopAt) < TimeSpan.FromSeconds(seconds));

        consumer.Answer = SinkAnswer.Ok;
        await using var well = await GatewayProcess.StartAsync(config);
        await consumer.WaitForAsync(load.Acknowledged, Patience);
        Assert.Equal(HttpStatusCode.Accepted, (await well.Public.PostAsync(AngoPayload.Of(task: "well"))).Status);
        Report("fsync fails, afterwards", $"{starts} starts while it failed, no 2xx; 0 of {load.AcknowledgedCount} lost after a start on the well disk");
    }

    [Trait("Row", "slow-disk")]
    [SystemFact(root: true, "strace")]
    public async Task A_slow_disk_slows_the_answers_and_not_the_rate()
    {
        var count = Size(100, 6000);
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url));
        await using var gateway = await GatewayProcess.StartAsync(config);
        var warmUp = new Load(rate: 200, "warm");
        await warmUp.RunAsync(gateway.Public, CancellationToken.None, count: Size(10, 1000));
        var idle = gateway.Memory;
        using var strace = Process.Start(new ProcessStartInfo("strace",
            ["-f", "-q", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=200000", "-p", $"{gateway.Id}"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        try
        {
            await Eventually.TrueAsync(() => File.ReadLines($"/proc/{gateway.Id}/status").Any(line => line == $"TracerPid:\t{strace.Id}"), Patience, () => "strace attached");
            var load = new Load(rate: 200);
            var began = TimeProvider.System.GetTimestamp();
            await load.RunAsync(gateway.Public, CancellationToken.None, count: count);
            var rate = load.AcknowledgedCount / TimeProvider.System.GetElapsedTime(began).TotalSeconds;

            Assert.Equal([HttpStatusCode.Accepted], load.Answers.Keys);
            Assert.Equal(count, load.AcknowledgedCount);
            var grown = (gateway.Memory - idle) / 1048576;
            Figure(rate >= 100, $"{rate} accepts per second");
            Figure(grown < 100, $"{grown} MB more");
            Report("slow disk, each sync 200 ms", $"{rate:0} accepts/s of 200 offered, memory {idle / 1048576} MB before, {gateway.Memory / 1048576} MB after {count} events");
            strace.Kill();
            await consumer.WaitForAsync(load.Acknowledged, Patience);
        }
        finally
        {
            if (!strace.HasExited)
                strace.Kill();
        }
    }

    private static async Task FailsToAcceptAsync(string config, Load load)
    {
        var failing = ("FIU_ENABLE", "enable name=posix/io/sync/fsync,failinfo=5\nenable name=posix/io/sync/fdatasync,failinfo=5\n");
        var preload = ("LD_PRELOAD", "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so");
        var before = load.AcknowledgedCount;
        try
        {
            await using var gateway = await GatewayProcess.StartAsync(config, preload, failing);
            using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await load.RunAsync(gateway.Public, stop.Token);
        }
        catch (InvalidOperationException)
        {
            // It did not even start, which is as good.
        }

        Assert.Equal(before, load.AcknowledgedCount);
    }
}
