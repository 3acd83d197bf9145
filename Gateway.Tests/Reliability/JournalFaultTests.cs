using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>The disk is full, the journal's file is gone, damaged or not writable: 503 or no start, never a false 2xx.</summary>
public sealed class JournalFaultTests
{
    private const string QuickRetries = """ "retry": { "firstDelay": "00:00:00.500", "maxDelay": "00:00:01" } """;

    [Trait("Row", "disk-full")]
    [SystemFact(root: true)]
    public async Task A_full_disk_gets_503_and_space_again_heals_it()
    {
        await using var consumer = await Sink.StartAsync(SinkAnswer.Failing);
        using var folder = new TemporaryFolder();
        // Well above the 4 MB that the log holds before it is moved into the file.
        using var disk = Disk.Tmpfs(folder, megabytes: Size(24, 64));
        var config = folder.Write("gateway.json", Config(consumer.Url, QuickRetries, $"{disk.MountPoint}/gateway.db"));
        var load = new Load(rate: 200);
        await using (var gateway = await GatewayProcess.StartAsync(config))
        {
            using var stop = new CancellationTokenSource(Patience);
            var run = load.RunAsync(gateway.Public, stop.Token);
            await Eventually.TrueAsync(() => load.AcknowledgedCount > Size(50, 1000), Patience, () => "acknowledgements before");
            disk.Fill("ballast");
            await Eventually.TrueAsync(() => Refused() > Size(20, 2000), Patience, () => "503 while full");
            var whenFull = load.AcknowledgedCount;
            using (var ready = await gateway.Admin.GetAsync("/readyz"))
                Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

            var began = TimeProvider.System.GetTimestamp();
            File.Delete(Path.Combine(disk.MountPoint, "ballast"));
            await Eventually.TrueAsync(() => load.AcknowledgedCount > whenFull + 20, Patience, () => "acknowledgements after");
            var recovered = TimeProvider.System.GetElapsedTime(began);
            await stop.CancelAsync();
            await run;
            Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable], load.Answers.Keys.Order());
            Assert.Empty(load.Unanswered);

            consumer.Answer = SinkAnswer.Ok;
            await consumer.WaitForAsync(load.Acknowledged, Patience);
            await gateway.TerminateAsync();
            Assert.Equal(0, gateway.ExitCode);
            Report("disk full, then space again",
                $"{Refused()} answered 503 while full, accepts again {recovered.TotalSeconds:0.00} s after there was room, {load.AcknowledgedCount} acknowledged, 0 lost, integrity_check ok");
        }

        Assert.Equal("ok", Integrity(Path.Combine(disk.MountPoint, "gateway.db")));

        int Refused() => load.Answers.GetValueOrDefault(HttpStatusCode.ServiceUnavailable);
    }

    [Trait("Row", "journal-file")]
    [Theory]
    [InlineData("deleted")]
    [InlineData("replaced by an empty one")]
    [InlineData("cut to nothing")]
    [InlineData("overwritten")]
    [InlineData("its log deleted")]
    [InlineData("its log cut to nothing")]
    [InlineData("its log overwritten")]
    public async Task A_journal_that_is_no_more_what_it_was_gets_no_2xx(string way)
    {
        await using var consumer = await Sink.StartAsync();
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url));
        await using var gateway = await GatewayProcess.StartAsync(config);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.Public.PostAsync(AngoPayload.Of(task: "before"))).Status);
        await consumer.WaitForCountAsync(1, Patience);

        Harm(way, Path.Combine(folder.Path, "gateway.db"));
        var after = await gateway.Public.PostAsync(AngoPayload.Of(task: "after"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, after.Status);
        Assert.NotNull(after.RetryAfter);
        using var ready = await gateway.Admin.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Report($"journal file {way} while running", $"503 with Retry-After, /readyz says why");
    }

    [Trait("Row", "journal-file")]
    [Fact]
    public async Task A_journal_damaged_inside_while_running_is_refused_at_the_next_start()
    {
        await using var consumer = await Sink.StartAsync(SinkAnswer.Failing);
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.json", Config(consumer.Url, QuickRetries));
        var before = new Load(rate: 200, "before");
        var after = new Load(rate: 200, "after");
        await using (var first = await GatewayProcess.StartAsync(config))
        {
            await before.RunAsync(first.Public, CancellationToken.None, count: 200);
            await first.TerminateAsync();
        }

        await using (var gateway = await GatewayProcess.StartAsync(config))
        {
            await before.RunAsync(gateway.Public, CancellationToken.None, count: 20);
            Damage(Path.Combine(folder.Path, "gateway.db"));
            await after.RunAsync(gateway.Public, CancellationToken.None, count: Size(100, 2000), stubborn: true);
        }

        // The damage may have hit what was stored before it. What was acknowledged afterwards is found again, or the start is refused.
        consumer.Answer = SinkAnswer.Ok;
        string outcome;
        try
        {
            await using var gateway = await GatewayProcess.StartAsync(config);
            await consumer.WaitForAsync(after.Acknowledged, TimeSpan.FromSeconds(20));
            outcome = "all of them delivered after a restart";
        }
        catch (InvalidOperationException refusal)
        {
            Assert.Contains("gateway.db", refusal.Message, StringComparison.Ordinal);
            outcome = "the restart is refused with the reason";
        }

        Report("journal file overwritten inside while running",
            $"{after.Answers.GetValueOrDefault(HttpStatusCode.ServiceUnavailable)} answered 503, {after.AcknowledgedCount} acknowledged; {outcome}");
    }

    [Trait("Row", "journal-file")]
    [Theory]
    [InlineData("read-only")]
    [InlineData("no database")]
    [InlineData("a folder")]
    [InlineData("no such disk")]
    public async Task A_journal_that_cannot_be_written_at_the_start_is_a_refusal_with_the_reason(string state)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "gateway.db");
        var path = state == "no such disk" ? "/proc/nowhere/gateway.db" : file;
        switch (state)
        {
            case "read-only":
                await File.WriteAllBytesAsync(file, []);
                File.SetAttributes(file, FileAttributes.ReadOnly);
                break;
            case "no database":
                await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat("this is no database. ", 1000)));
                break;
            case "a folder":
                Directory.CreateDirectory(file);
                break;
        }

        var config = folder.Write("gateway.json", Config("http://127.0.0.1:1/", journal: path));
        var (exitCode, errors) = await GatewayProcess.RunToEndAsync(config);

        Assert.Equal(1, exitCode);
        Assert.Contains(path, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Report($"journal at start: {state}", $"exit code 1: \"{errors.Split('\n')[0].Replace(folder.Path, "…", StringComparison.Ordinal)}\"");
    }

    // From the second page on, so that the file is still known as a database.
    private static void Damage(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        var noise = new byte[(int)Math.Max(8192, stream.Length - 8192)];
        new Random(Seed).NextBytes(noise);
        stream.Position = Math.Min(8192, stream.Length / 2);
        stream.Write(noise);
        stream.Flush();
    }

    private static void Harm(string way, string file)
    {
        var target = way.StartsWith("its log", StringComparison.Ordinal) ? file + "-wal" : file;
        switch (way.Replace("its log ", "", StringComparison.Ordinal))
        {
            case "deleted":
                File.Delete(target);
                break;
            case "replaced by an empty one":
                File.WriteAllBytes(file + ".new", []);
                File.Move(file + ".new", file, overwrite: true);
                break;
            case "cut to nothing":
                using (var cut = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
                    cut.SetLength(0);
                break;
            default:
                using (var over = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
                {
                    var noise = new byte[over.Length];
                    new Random(Seed).NextBytes(noise);
                    over.Write(noise);
                }

                break;
        }
    }
}
