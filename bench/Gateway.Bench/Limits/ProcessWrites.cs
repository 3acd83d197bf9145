using System.Globalization;

namespace AngoGateway.Bench.Limits;

/// <summary>What a process has had written to disks, as the kernel counts it: https://man7.org/linux/man-pages/man5/proc_pid_io.5.html</summary>
internal static class ProcessWrites
{
    /// <summary>In bytes, since it started.</summary>
    public static double Of(int process) => double.Parse(
        File.ReadLines($"/proc/{process}/io").First(static line => line.StartsWith("write_bytes:", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);
}
