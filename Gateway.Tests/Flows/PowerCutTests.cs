using System.Diagnostics;
using AngoGateway.Tests.Support;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Flows;

/// <summary>
/// kill -9 leaves the page cache behind and so proves nothing about durability. Here the journal lies on a small ext4
/// image; the process is frozen under load and the image copied, so that whatever was not synced is gone.
/// </summary>
public sealed class PowerCutTests
{
    private const int Cuts = 3;

    [RootFact]
    public async Task Three_power_cuts_lose_nothing_that_was_acknowledged()
    {
        var random = new Random(20261123);
        for (var cut = 0; cut < Cuts; cut++)
        {
            // Refuses everything before the cut, so that every acknowledged event must come out of the journal.
            using var consumer = FakeConsumer.Start();
            consumer.Answers(503);
            using var folder = new TemporaryFolder();
            using var disk = Ext4Image.Create(folder, "disk.img", megabytes: 96);
            var config = folder.Write("gateway.json", Config(consumer, disk.MountPoint));
            var load = new Load();
            await using (var gateway = await GatewayProcess.StartAsync(config))
            {
                await load.RunUntilGoneAsync(gateway.Public, senders: 8, acknowledgements: random.Next(50, 300), async () =>
                {
                    gateway.Freeze();
                    disk.CopyTo(Path.Combine(folder.Path, "after.img"));
                    await gateway.KillAsync();
                });
            }

            using var after = Ext4Image.Mount(folder, "after.img");
            Assert.Equal("ok", IntegrityOf(Path.Combine(after.MountPoint, "gateway.db")));
            consumer.Answers(200);
            folder.Write("gateway.json", Config(consumer, after.MountPoint));
            await using (await GatewayProcess.StartAsync(config))
            {
                await consumer.WaitForEventsAsync(load.Acknowledged, TimeSpan.FromSeconds(60));
            }
        }
    }

    private static string Config(FakeConsumer consumer, string folder) => GatewayHost.Complete($$"""
        {
          "journal": { "type": "sqlite", "path": "{{folder}}/gateway.db" },
          "consumers": { "all": { "url": "{{consumer.Url}}", "delivery": { "retry": { "firstDelay": "00:00:01", "maxDelay": "00:00:02" } } } },
          "routes": [ { "match": {}, "to": ["all"] } ]
        }
        """);

    private static string IntegrityOf(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>Loop devices and mounts are root's.</summary>
    private sealed class RootFactAttribute : FactAttribute
    {
        public RootFactAttribute()
        {
            if (Environment.UserName != "root")
            {
                Skip = "Mounting a loop device needs root.";
            }
        }
    }

    private sealed class Ext4Image : IDisposable
    {
        private readonly string _image;

        private Ext4Image(string image, string mountPoint)
        {
            _image = image;
            MountPoint = mountPoint;
            Directory.CreateDirectory(mountPoint);
            Run("mount", "-o", "loop", image, mountPoint);
        }

        public string MountPoint { get; }

        public static Ext4Image Create(TemporaryFolder folder, string name, int megabytes)
        {
            var image = Path.Combine(folder.Path, name);
            using (var file = File.Create(image))
            {
                file.SetLength(megabytes * 1024L * 1024L);
            }

            Run("mkfs.ext4", "-q", "-F", image);
            return Mount(folder, name);
        }

        public static Ext4Image Mount(TemporaryFolder folder, string name) =>
            new(Path.Combine(folder.Path, name), Path.Combine(folder.Path, name + ".mounted"));

        /// <summary>The disk as the power cut leaves it: what the file system has not synced is not in the image.</summary>
        public void CopyTo(string path) => File.Copy(_image, path);

        // Lazily: a process that was just killed may hold the mount for a moment longer.
        public void Dispose() => Run("umount", "--lazy", MountPoint);

        private static void Run(string command, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {error}");
        }
    }
}
