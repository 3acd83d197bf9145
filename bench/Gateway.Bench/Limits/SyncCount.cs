using System.Diagnostics;
using System.Globalization;

namespace AngoGateway.Bench.Limits;

/// <summary>Counts the syncs of a process and all its threads by file, with strace, which slows it down: counts, no times.</summary>
internal sealed class SyncCount : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _strace;
    private readonly string _trace;

    private SyncCount(Process strace, string trace) => (_strace, _trace) = (strace, trace);

    /// <summary>Returns when it has begun to count.</summary>
    /// <param name="process">To be watched.</param>
    /// <param name="folder">For what strace writes.</param>
    /// <exception cref="InvalidOperationException">The kernel does not let us.</exception>
    public static async Task<SyncCount> BeginAsync(int process, string folder)
    {
        var trace = Path.Combine(folder, "syncs");
        var strace = Process.Start(new ProcessStartInfo(
            "strace", ["-f", "-qq", "-y", "-e", "trace=fsync,fdatasync,sync_file_range,msync", "-o", trace, "-p", process.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
        })!;
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var began = TimeProvider.System.GetTimestamp(); await ticks.WaitForNextTickAsync();)
        {
            if (Directory.EnumerateDirectories($"/proc/{process}/task").All(IsTraced))
            {
                break;
            }

            if (strace.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new InvalidOperationException("strace cannot watch the gateway: it needs the right to trace (ptrace).");
            }
        }

        return new SyncCount(strace, trace);
    }

    /// <summary>Stops counting.</summary>
    /// <returns>Syncs by the name of the file.</returns>
    public async Task<IReadOnlyDictionary<string, int>> EndAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", _strace.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _strace.WaitForExitAsync();
        // 4711 fdatasync(123</folder/gateway.db-wal>) = 0, or <unfinished ...>; its <... resumed> names no file.
        var lines = await File.ReadAllLinesAsync(_trace);
        return lines.Where(static line => line.Contains("sync(", StringComparison.Ordinal) || line.Contains("sync_file_range(", StringComparison.Ordinal))
            .GroupBy(static line => Path.GetFileName(line.Split('<', '>')[1])).ToDictionary(static file => file.Key, static file => file.Count());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_strace.HasExited)
        {
            await EndAsync();
        }

        _strace.Dispose();
    }

    private static bool IsTraced(string task)
    {
        try
        {
            return File.ReadLines(Path.Combine(task, "status")).Any(static line =>
                line.StartsWith("TracerPid:", StringComparison.Ordinal) && line.Split('\t')[^1] != "0");
        }
        catch (IOException)
        {
            // The thread has ended.
            return true;
        }
    }
}
