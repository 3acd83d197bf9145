using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>One lane per consumer of the snapshot in force; a reload adds and ends lanes, the others keep their state.</summary>
internal sealed class Lanes(
    LiveSnapshot live, IJournal journal, DeliveryWorker worker, IHostApplicationLifetime lifetime, TimeProvider timeProvider,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Attempts in flight may finish within this; then they are cut short and their deliveries are pending again.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, RunningLane> _lanes = [];
    private readonly List<Task> _ended = [];
    private readonly SemaphoreSlim _swapped = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not only at this service's own turn: that comes after the listeners' drain, and both must fit into the host's patience.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        using var cut = new CancellationTokenSource();
        live.Swapped += OnSwapped;
        try
        {
            while (true)
            {
                await _swapped.WaitAsync(stopping.Token);
                Match(live.Current, cut.Token, stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            live.Swapped -= OnSwapped;
        }

        var draining = Task.WhenAll([.. _ended, .. _lanes.Values.Select(static lane => lane.Running)]);
        await draining.WaitAsync(DrainTime, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cut.CancelAsync();
        await draining;
    }

    private void OnSwapped(GatewaySnapshot snapshot) => _swapped.Release();

    private void Match(GatewaySnapshot snapshot, CancellationToken cut, CancellationToken stopping)
    {
        foreach (var (name, lane) in _lanes.Where(lane => !snapshot.Consumers.ContainsKey(lane.Key)).ToArray())
        {
            lane.Claiming.Cancel();
            _ended.Add(lane.Running);
            _lanes.Remove(name);
        }

        foreach (var name in snapshot.Consumers.Keys.Where(name => !_lanes.ContainsKey(name)))
        {
            var lane = new Lane(name, live, journal, worker, timeProvider, loggers.CreateLogger<Lane>());
            var claiming = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            _lanes.Add(name, new RunningLane(claiming, RunAsync(lane, claiming, cut)));
        }

        _ended.RemoveAll(static lane => lane.IsCompleted);
    }

    private static async Task RunAsync(Lane lane, CancellationTokenSource claiming, CancellationToken cut)
    {
        await lane.RunAsync(claiming.Token, cut);
        claiming.Dispose();
    }

    private sealed record RunningLane(CancellationTokenSource Claiming, Task Running);
}
