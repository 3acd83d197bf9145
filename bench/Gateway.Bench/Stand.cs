namespace AngoGateway.Bench;

/// <summary>One of the things that a bench compares.</summary>
/// <param name="Name">In the table.</param>
/// <param name="StartAsync">Starts all it needs anew.</param>
internal sealed record Contender(string Name, Func<BenchOptions, Task<Stand>> StartAsync);

/// <summary>A contender that is up and takes webhooks.</summary>
/// <param name="compared">What takes them, each at its first address; the load is spread over them.</param>
/// <param name="others">What the webhooks keep busy beside it.</param>
/// <param name="drainAsync">Returns when it has nothing more to do.</param>
/// <param name="noteAsync">What else is worth saying at its end.</param>
/// <param name="dispose">After its processes have ended.</param>
internal sealed class Stand(
    IReadOnlyList<BenchProcess> compared, IReadOnlyList<BenchProcess> others, Func<Task> drainAsync, Func<Task<string>> noteAsync, Action dispose)
    : IAsyncDisposable
{
    /// <summary>Scheme, host and port of each.</summary>
    public IReadOnlyList<Uri> Targets { get; init; } = [.. compared.Select(process => process.Addresses[0])];

    /// <summary>The database it works on; outlives it. Null: none.</summary>
    public PostgresCluster? Database { get; init; }

    /// <summary>Processor time of what is compared.</summary>
    public TimeSpan Processor => Sum(compared);

    /// <summary>True: takes webhooks as ever, but delivers none until it is false again.</summary>
    public Func<bool, Task> HoldAsync { get; init; } = static _ => throw new NotSupportedException("It has no deliveries that could wait.");

    /// <summary>The status with which it takes a webhook.</summary>
    public int Good { get; init; } = 202;

    /// <summary>The most memory of what is compared since <see cref="ForgetPeak"/>, in bytes.</summary>
    public long PeakMemory => compared.Sum(static process => process.PeakMemory);

    /// <summary>Processor time of the database.</summary>
    public TimeSpan DatabaseProcessor => Database?.Processor ?? TimeSpan.Zero;

    /// <summary>Processor time of all that the webhooks keep busy, the senders included.</summary>
    public TimeSpan AllProcessors => Environment.CpuUsage.TotalTime + Processor + Sum(others) + DatabaseProcessor;

    public void ForgetPeak()
    {
        foreach (var process in compared)
        {
            process.ForgetPeak();
        }
    }

    public Task DrainAsync() => drainAsync();

    public Task<string> NoteAsync() => noteAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var process in compared.Concat(others))
        {
            await process.DisposeAsync();
        }

        dispose();
    }

    private static TimeSpan Sum(IEnumerable<BenchProcess> processes) =>
        processes.Aggregate(TimeSpan.Zero, static (sum, process) => sum + process.Processor);
}
