using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>One lane per consumer of the snapshot in force; a reload adds and ends lanes, the others keep their state.</summary>
internal sealed class Lanes(
    LiveSnapshot live, IJournal journal, DeliveryWorker worker, TimeProvider timeProvider, ILoggerFactory loggers) : BackgroundService
{
    // Attempts in flight may finish within this; then they are cut short and their deliveries are pending again.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, RunningLane> _lanes = [];
    private readonly List<Task> _ended = [];
    private readonly SemaphoreSlim _swapped = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var cut = new CancellationTokenSource();
        live.Swapped += OnSwapped;
        try
        {
            while (true)
            {
                await _swapped.WaitAsync(stoppingToken);
                Match(live.Current, cut.Token, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            live.Swapped -= OnSwapped;
        }

        var draining = Task.WhenAll([.. _ended, .. _lanes.Values.Select(static lane => lane.Running)]);
        await Task.WhenAny(draining, Task.Delay(DrainTime, timeProvider, CancellationToken.None));
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
            _lanes.Add(name, new RunningLane(claiming, lane.RunAsync(claiming.Token, cut)));
        }

        _ended.RemoveAll(static lane => lane.IsCompleted);
    }

    private sealed record RunningLane(CancellationTokenSource Claiming, Task Running);
}
