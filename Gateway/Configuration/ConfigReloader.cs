using AngoGateway.Sources;
using AngoGateway.Telemetry;

namespace AngoGateway.Configuration;

/// <summary>Hands a checked snapshot to those who must take it before it is in force (YARP).</summary>
/// <returns>Why it cannot be taken; none when it was.</returns>
internal delegate Task<IReadOnlyList<ConfigFault>> SnapshotGate(GatewaySnapshot next, CancellationToken cancellationToken);

/// <summary>
/// Watches gateway.json and its secret files. A good change swaps in whole; a bad one is refused, logged once, shown,
/// and the last good one goes on.
/// </summary>
/// <param name="loader">The one that loaded the first snapshot.</param>
/// <param name="loaded">What that first load read.</param>
/// <param name="live">Where the snapshot in force is.</param>
/// <param name="gate">Asked before each swap.</param>
/// <param name="timeProvider">The clock of the ticks.</param>
/// <param name="logger">One line per applied or refused change.</param>
internal sealed partial class ConfigReloader(
    ConfigLoader loader, WatchedFiles loaded, LiveSnapshot live, SnapshotGate gate, TimeProvider timeProvider, ILogger<ConfigReloader> logger)
    : BackgroundService
{
    // Polling sees what notifications miss: symlink swaps of config maps, network shares, overlay file systems.
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private WatchedFiles _seen = loaded;
    private string _inForce = loaded.Fingerprint;

    /// <summary>Looks once: what each tick does.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        // Last resort: whatever goes wrong in here, the last good snapshot goes on and the next tick tries again.
        try
        {
            var now = _seen.FingerprintNow();
            if (now == _seen.Fingerprint)
                return;

            var result = loader.Load(_seen.ConfigPath, live.Current);
            var isInForce = result.Files.Fingerprint == _inForce;
            var faults = result.Snapshot is null || isInForce ? result.Faults : await gate(result.Snapshot, cancellationToken);
            _seen = result.Files;
            if (faults.Count > 0)
                Refuse(result.Revision, faults);
            else if (isInForce)
                Restore(result.Revision);
            else
                Apply(result.Snapshot!, result.Files);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = $"the change could not be applied ({e.GetType().Name})";
            if (live.RefusedReload == reason)
                return;

            live.RefusedReload = reason;
            Count("refused");
            Log.Failed(logger, e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WarnOfOpenSources(live.Current);
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await CheckAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Apply(GatewaySnapshot next, WatchedFiles files)
    {
        var before = live.Current.Revision;
        live.Swap(next);
        _inForce = files.Fingerprint;
        Count("applied");
        if (next.Revision == before)
            Log.SecretApplied(logger, before);
        else
            Log.Applied(logger, next.Revision, before);
        WarnOfOpenSources(next);
    }

    private void Refuse(string revision, IReadOnlyList<ConfigFault> faults)
    {
        // A line of the log has its limits; nobody mends more than this at once.
        const int shown = 100;
        var all = string.Join("; ", faults.Take(shown)) + (faults.Count > shown ? $"; and {faults.Count - shown} more" : "");
        Count("refused");
        var inForce = live.Current.Revision;
        // The revision is of gateway.json alone, and that is as in force: "revision X was refused" would be about X itself.
        if (revision == inForce)
        {
            live.RefusedReload = $"a changed secret file was refused, revision {revision} goes on with the secrets it has: {all}";
            Log.SecretRefused(logger, inForce, faults.Count, all);
            return;
        }

        live.RefusedReload = $"revision {revision} was refused: {all}";
        Log.Refused(logger, revision, inForce, faults.Count, all);
    }

    // The file was taken back before anything of it was applied: there is nothing to swap.
    private void Restore(string revision)
    {
        live.RefusedReload = null;
        live.ReloadedAt = timeProvider.GetUtcNow();
        Log.Restored(logger, revision);
    }

    private void Count(string outcome)
    {
        live.ReloadedAt = timeProvider.GetUtcNow();
        Metrics.ConfigReloads.Add(1, Metrics.Outcome(outcome));
    }

    private void WarnOfOpenSources(GatewaySnapshot snapshot)
    {
        foreach (var source in snapshot.Sources.Values.Where(source => source.AuthType == AuthType.None))
            Log.OpenSource(logger, source.Name, source.Path);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Source {Source} takes webhooks from anybody who knows {Path}: its auth.type is none")]
        public static partial void OpenSource(ILogger logger, string source, string path);

        [LoggerMessage(Level = LogLevel.Information, Message = "Configuration {Revision} is in force, after {Before}")]
        public static partial void Applied(ILogger logger, string revision, string before);

        [LoggerMessage(Level = LogLevel.Error, Message = "Configuration {Revision} was refused, {InForce} goes on. {Count} faults: {Faults}")]
        public static partial void Refused(ILogger logger, string revision, string inForce, int count, string faults);

        [LoggerMessage(Level = LogLevel.Information, Message = "A changed secret file is in force, with configuration {Revision} as before")]
        public static partial void SecretApplied(ILogger logger, string revision);

        [LoggerMessage(Level = LogLevel.Error, Message = "A changed secret file was refused, configuration {InForce} goes on with the secrets it has. {Count} faults: {Faults}")]
        public static partial void SecretRefused(ILogger logger, string inForce, int count, string faults);

        [LoggerMessage(Level = LogLevel.Information, Message = "Configuration {Revision} and its secret files are back as in force")]
        public static partial void Restored(ILogger logger, string revision);

        [LoggerMessage(Level = LogLevel.Error, Message = "A change of the configuration could not be applied; the last good one goes on")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
