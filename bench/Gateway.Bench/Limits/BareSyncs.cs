using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AngoGateway.Bench.Limits;

/// <summary>A bare loop beside the gateway's journal, on the same file system: appends and syncs, on a thread of its own, and takes each one's time.</summary>
internal sealed class BareSyncs
{
    private BareSyncs((long At, TimeSpan Took)[] syncs) => (Syncs, Sorted) = (syncs, [.. syncs.Select(static sync => sync.Took).Order()]);

    /// <summary>When each began, as a timestamp, and how long write and sync took.</summary>
    public (long At, TimeSpan Took)[] Syncs { get; }

    private TimeSpan[] Sorted { get; }

    /// <param name="folder">Where the file is made, and deleted at the end.</param>
    /// <param name="bytes">Appended before each sync.</param>
    /// <param name="pause">Between two syncs; zero: one after the other.</param>
    /// <param name="stop">Ends it.</param>
    public static Task<BareSyncs> RunAsync(string folder, int bytes, TimeSpan pause, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            var path = Path.Combine(folder, "bare");
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            var (block, syncs) = (new byte[bytes], new List<(long, TimeSpan)>());
            Random.Shared.NextBytes(block);
            for (var offset = 0L; !stop.IsCancellationRequested; offset += bytes)
            {
                var began = TimeProvider.System.GetTimestamp();
                RandomAccess.Write(file, block, offset);
                Sync(file);
                syncs.Add((began, TimeProvider.System.GetElapsedTime(began)));
                stop.WaitHandle.WaitOne(pause);
            }

            return new BareSyncs([.. syncs]);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>The same for a while.</summary>
    public static async Task<BareSyncs> RunAsync(string folder, int bytes, TimeSpan duration)
    {
        using var stop = new CancellationTokenSource(duration);
        return await RunAsync(folder, bytes, TimeSpan.Zero, stop.Token);
    }

    /// <summary>The data and what is needed to read it again are on the disk.</summary>
    /// <exception cref="IOException">They are not.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (Fdatasync(file) != 0)
        {
            throw new IOException($"fdatasync failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public static BareSyncs operator +(BareSyncs one, BareSyncs other) => new([.. one.Syncs, .. other.Syncs]);

    public TimeSpan Percentile(double share) => Sorted[Math.Min(Sorted.Length - 1, (int)(Sorted.Length * share))];

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fdatasync(SafeFileHandle file);
}
