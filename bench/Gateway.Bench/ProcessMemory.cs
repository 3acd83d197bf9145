using System.Globalization;

namespace AngoGateway.Bench;

/// <summary>Memory of a process as the kernel counts it, in <c>/proc</c>: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html</summary>
internal static class ProcessMemory
{
    /// <summary>The most that was resident since it started, or since <see cref="ForgetPeak"/>, in bytes.</summary>
    public static long Peak(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>From now on the peak is counted anew. Where the kernel does not let us, it goes on from the start.</summary>
    public static void ForgetPeak(int process)
    {
        try
        {
            File.WriteAllText($"/proc/{process}/clear_refs", "5");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The peak of all sizes so far, then.
        }
    }
}
