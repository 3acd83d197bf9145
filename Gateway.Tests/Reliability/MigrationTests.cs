using AngoGateway.Telemetry;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>SIGKILL inside a migration, 20 times.</summary>
[Trait("Row", "crash-points")]
public sealed class MigrationTests
{
    [Fact]
    public async Task A_crash_inside_a_migration_leaves_the_file_as_it_was_and_its_events_arrive()
    {
        var rounds = Size(1, 20);
        var crashes = 0;
        for (var round = 0; round < rounds; round++)
        {
            await using var consumer = await Sink.StartAsync();
            using var folder = new TemporaryFolder();
            var config = folder.Write("gateway.json", Config(consumer.Url));
            var file = Path.Combine(folder.Path, "gateway.db");
            PendingEvents.WriteOldest(file, count: 20, consumer: "all");

            // Each migration in its turn, until there is none left to be killed in.
            var times = 1;
            for (; ; times++)
            {
                var before = Version(file);
                try
                {
                    await using var survived = await GatewayProcess.StartAsync(config, CrashPointTests.Hook(Checkpoints.Migrating, times));
                    break;
                }
                catch (InvalidOperationException)
                {
                    crashes++;
                    // Those before the one that was crashed in are done, and it is not.
                    Assert.Equal(before + times - 1, Version(file));
                    Assert.Equal("ok", Integrity(file));
                    Assert.Equal("20", Ask(file, "SELECT count(*) FROM delivery WHERE state = 0").Single());
                    Assert.InRange(times, 1, 100);
                }
            }

            Assert.True(times > 1, "No migration was crashed in.");
            await using var gateway = await GatewayProcess.StartAsync(config);
            await consumer.WaitForAsync(PendingEvents.Ids(20), Patience);
        }

        Report("crash point inside-migration", $"{crashes} crashes in {rounds} upgrades of the oldest schema with 20 pending events, 0 lost, integrity_check ok");
    }

    private static int Version(string file) => int.Parse(Ask(file, "PRAGMA user_version").Single());
}
