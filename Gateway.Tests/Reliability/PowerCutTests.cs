using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>
/// kill -9 leaves the page cache behind and so proves nothing about durability. Here the journal lies on a small ext4
/// image; the process is frozen under load and the image copied, so that whatever was not synced is gone.
/// </summary>
[Trait("Row", "power-cut")]
public sealed class PowerCutTests
{
    private const string QuickRetries = """ "retry": { "firstDelay": "00:00:00.500", "maxDelay": "00:00:01" } """;

    [SystemFact(root: true, "mkfs.ext4", "losetup")]
    public async Task Power_cuts_lose_nothing_that_was_acknowledged()
    {
        var cuts = Size(1, 30);
        var random = new Random(Seed);
        var acknowledged = 0;
        for (var cut = 0; cut < cuts; cut++)
        {
            // Refuses everything before the cut, so that every acknowledged event must come out of the journal.
            await using var consumer = await Sink.StartAsync(SinkAnswer.Failing);
            using var folder = new TemporaryFolder();
            using var disk = Disk.Ext4(folder, "disk.img", megabytes: 96);
            var config = folder.Write("gateway.json", Config(consumer.Url, QuickRetries, $"{disk.MountPoint}/gateway.db"));
            var load = new Load(rate: 500);
            await using (var gateway = await GatewayProcess.StartAsync(config))
            {
                await load.RunUntilGoneAsync(gateway.Public, acknowledgements: random.Next(50, 1000), async () =>
                {
                    gateway.Freeze();
                    disk.CopyTo(Path.Combine(folder.Path, "after.img"));
                    await gateway.KillAsync();
                });
            }

            using var after = Disk.Image(folder, "after.img");
            Assert.Equal("ok", Integrity(Path.Combine(after.MountPoint, "gateway.db")));
            consumer.Answer = SinkAnswer.Ok;
            folder.Write("gateway.json", Config(consumer.Url, QuickRetries, $"{after.MountPoint}/gateway.db"));
            await using (await GatewayProcess.StartAsync(config))
            {
                await consumer.WaitForAsync(load.Acknowledged, Patience);
            }

            acknowledged += load.AcknowledgedCount;
        }

        Report("power cut", $"{cuts} cuts, {acknowledged} acknowledged, 0 lost, integrity_check ok each time");
    }
}
