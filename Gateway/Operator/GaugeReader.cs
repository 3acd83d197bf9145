using System.Diagnostics.Metrics;
using AngoGateway.Configuration;
using AngoGateway.Journal;
using AngoGateway.Telemetry;

namespace AngoGateway.Operator;

/// <summary>Shows what is there now as gauges. The journal is asked beforehand and now and then, so that no scrape waits for it.</summary>
internal sealed partial class GaugeReader(
    IMeterFactory meters, LiveSnapshot live, IJournal journal, TimeProvider timeProvider, ILogger<GaugeReader> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset _startedAt = timeProvider.GetUtcNow();
    private Reading _last = new([], null, []);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(Metrics.MeterName);
        meter.AddSecretLastUsed(LastUses);
        meter.AddPending(() => PerConsumer(static row => row.Pending));
        meter.AddOldestPendingAge(() => PerConsumer(Age));
        meter.AddDeadLetters(() => PerConsumer(static row => row.Dead));
        meter.AddLaneOpen(() => PerConsumer(static row => row.Lane.OpenSince is null ? 0 : 1));
        meter.AddLanePaused(() => PerConsumer(static row => row.Lane.PausedAt is null ? 0 : 1));
        meter.AddJournalSize(Sizes);
        meter.AddJournalFailing(() => journal.Health.Fault is null ? 0 : 1);
        meter.AddReplicas(Revisions);
        meter.AddConfigInfo(() => new(1, Metrics.Revision(live.Current.Revision)));
        meter.AddLastReloadSuccessful(() => live.RefusedReload is null ? 1 : 0);
        meter.AddLastReloadTime(() => UnixTime(live.ReloadedAt ?? _startedAt));
        Begin(live.Current);
        live.Swapped += Begin;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        live.Swapped -= Begin;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            do
                await ReadAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private static void Begin(GatewaySnapshot snapshot)
    {
        foreach (var outcome in (string[])["applied", "refused"])
            Metrics.ConfigReloads.Add(0, Metrics.Outcome(outcome));

        foreach (var source in snapshot.Sources.Values)
            Metrics.BeginSource(source.Name, source.SecretUses.Count);

        foreach (var consumer in snapshot.Consumers.Keys)
        {
            foreach (var end in Enum.GetValues<DeliveryState>().Where(static state => state != DeliveryState.Pending))
                Metrics.Deliveries.Add(0, Metrics.Consumer(consumer), Metrics.Outcome(end));
        }
    }

    /// <summary>Looks once: what each tick does.</summary>
    internal async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var backlogs = await ConsumerBacklogs.ReadAsync(live, journal, cancellationToken);
            var operations = JournalOperations.Of(journal);
            Volatile.Write(ref _last, new Reading(backlogs, operations.Measure(), await operations.ReplicasAsync(cancellationToken)));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // What was read last is shown until the journal answers again; whether it can write is a gauge of its own.
            Log.NotRead(logger, e);
        }
    }

    private static double UnixTime(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private IEnumerable<Measurement<double>> LastUses() =>
        from source in live.Current.Sources.Values
        from secret in Enumerable.Range(0, source.SecretUses.Count)
        where source.SecretUses.LastUsed(secret) is not null
        select new Measurement<double>(source.SecretUses.LastUsed(secret)!.Value, Metrics.Source(source.Name), Metrics.Secret(secret));

    private IEnumerable<Measurement<T>> PerConsumer<T>(Func<ConsumerBacklog, T> read)
        where T : struct => Volatile.Read(ref _last).Backlogs.Select(row => new Measurement<T>(read(row), Metrics.Consumer(row.Consumer)));

    private double Age(ConsumerBacklog row) =>
        row.OldestPending is { } oldest ? Math.Max(0, (timeProvider.GetUtcNow() - oldest).TotalSeconds) : 0;

    private IEnumerable<Measurement<long>> Sizes() =>
        from part in ((string Name, long? Bytes)[])[("file", Volatile.Read(ref _last).Size?.File), ("log", Volatile.Read(ref _last).Size?.Log)]
        where part.Bytes is not null
        select new Measurement<long>(part.Bytes!.Value, new KeyValuePair<string, object?>("part", part.Name));

    // One that does not share its journal is alone with it.
    private IEnumerable<Measurement<int>> Revisions() => Volatile.Read(ref _last).Replicas is { Count: > 0 } replicas
        ? replicas.CountBy(static replica => replica.Revision).Select(static count => new Measurement<int>(count.Value, Metrics.Revision(count.Key)))
        : [new(1, Metrics.Revision(live.Current.Revision))];

    private sealed record Reading(IReadOnlyList<ConsumerBacklog> Backlogs, JournalSize? Size, IReadOnlyList<Replica> Replicas);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The journal could not be read for the gauges; they show what they showed before")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
