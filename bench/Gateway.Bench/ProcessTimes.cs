using System.Globalization;

namespace AngoGateway.Bench;

/// <summary>Processor times as the kernel counts them, in <c>/proc</c>.</summary>
internal static class ProcessTimes
{
    // After the name in parentheses, counted from 0: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    private const int Parent = 1;
    private const int Utime = 11;
    private const int ChildrenStime = 14;

    /// <summary>Of a process, by all its threads.</summary>
    public static TimeSpan Of(int process) => Sum(Fields(process), Utime + 1);

    /// <summary>Of a process and its children, those that have ended included.</summary>
    public static TimeSpan OfFamily(int process)
    {
        var sum = Sum(Fields(process), ChildrenStime);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var other))
            {
                continue;
            }

            try
            {
                var fields = Fields(other);
                if (int.Parse(fields[Parent], CultureInfo.InvariantCulture) == process)
                {
                    sum += Sum(fields, ChildrenStime);
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile: from now on its parent has its time.
            }
        }

        return sum;
    }

    /// <summary>A process and its children that live.</summary>
    public static IEnumerable<int> Family(int process) => Directory.EnumerateDirectories("/proc")
        .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var other) ? other : 0)
        .Where(other => other == process || (other > 0 && ParentOf(other) == process));

    private static int ParentOf(int process)
    {
        try
        {
            return int.Parse(Fields(process)[Parent], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string[] Fields(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');

    // In ticks of 10 ms.
    private static TimeSpan Sum(string[] fields, int last) => TimeSpan.FromMilliseconds(
        10 * Enumerable.Range(Utime, last - Utime + 1).Sum(field => long.Parse(fields[field], CultureInfo.InvariantCulture)));
}
