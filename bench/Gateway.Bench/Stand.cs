namespace AngoGateway.Bench;

/// <summary>One of the things that a bench compares.</summary>
/// <param name="Name">In the table.</param>
/// <param name="StartAsync">Starts all it needs anew.</param>
internal sealed record Contender(string Name, Func<BenchOptions, Task<Stand>> StartAsync);

/// <summary>A contender that is up and takes webhooks.</summary>
/// <param name="target">Scheme, host and port.</param>
/// <param name="processes">All of it; the first is the one that is compared.</param>
/// <param name="drainAsync">Returns when it has nothing more to do.</param>
/// <param name="noteAsync">What else is worth saying at its end.</param>
/// <param name="dispose">After its processes have ended.</param>
internal sealed class Stand(
    Uri target, IReadOnlyList<BenchProcess> processes, Func<Task> drainAsync, Func<Task<string>> noteAsync, Action dispose) : IAsyncDisposable
{
    public Uri Target => target;

    /// <summary>Processor time of the process that is compared.</summary>
    public TimeSpan Processor => processes[0].Processor;

    /// <summary>Processor time of all that the webhooks keep busy, the senders included.</summary>
    public TimeSpan AllProcessors => processes.Aggregate(Environment.CpuUsage.TotalTime, static (sum, process) => sum + process.Processor);

    public Task DrainAsync() => drainAsync();

    public Task<string> NoteAsync() => noteAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }

        dispose();
    }
}
