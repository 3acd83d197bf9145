using System.Diagnostics.Metrics;

namespace AngoGateway.Telemetry;

/// <summary>Every gauge of the gateway. What they show is read by the operator's side, one meter per gateway.</summary>
internal static class Gauges
{
    public static void AddSecretLastUsed(this Meter meter, Func<IEnumerable<Measurement<double>>> read) => meter.CreateObservableGauge(
        "gateway.secret.last_used", read, "s", "When a request was last verified by this secret since the start, Unix time.");

    public static void AddPending(this Meter meter, Func<IEnumerable<Measurement<long>>> read) => meter.CreateObservableGauge(
        "gateway.deliveries.pending", read, "{delivery}", "Deliveries that wait.");

    public static void AddOldestPendingAge(this Meter meter, Func<IEnumerable<Measurement<double>>> read) => meter.CreateObservableGauge(
        "gateway.deliveries.oldest_pending.age", read, "s", "Age of the oldest event whose delivery waits; 0 when none does.");

    public static void AddDeadLetters(this Meter meter, Func<IEnumerable<Measurement<long>>> read) => meter.CreateObservableGauge(
        "gateway.dead_letters", read, "{delivery}", "Deliveries that gave up or were refused for good, and are kept.");

    public static void AddLaneOpen(this Meter meter, Func<IEnumerable<Measurement<int>>> read) => meter.CreateObservableGauge(
        "gateway.lane.open", read, unit: null, "1 while the consumer's circuit is open: it is probed and gets nothing else.");

    public static void AddLanePaused(this Meter meter, Func<IEnumerable<Measurement<int>>> read) => meter.CreateObservableGauge(
        "gateway.lane.paused", read, unit: null, "1 while an operator has paused the consumer.");

    public static void AddJournalSize(this Meter meter, Func<IEnumerable<Measurement<long>>> read) => meter.CreateObservableGauge(
        "gateway.journal.size", read, "By", "Size of the journal on its disk, by part: file, log.");

    public static void AddJournalFailing(this Meter meter, Func<int> read) => meter.CreateObservableGauge(
        "gateway.journal.failing", read, unit: null, "1 while the journal cannot write: webhooks are answered 503.");

    public static void AddReplicas(this Meter meter, Func<IEnumerable<Measurement<int>>> read) => meter.CreateObservableGauge(
        "gateway.replicas", read, "{gateway}", "Gateways that share the journal, by the revision of the configuration they have in force.");

    public static void AddConfigInfo(this Meter meter, Func<Measurement<int>> read) => meter.CreateObservableGauge(
        "gateway.config.info", read, unit: null, "Always 1; its revision is that of the configuration in force.");

    public static void AddLastReloadSuccessful(this Meter meter, Func<int> read) => meter.CreateObservableGauge(
        "gateway.config.last_reload.successful", read, unit: null, "0 while the newest configuration is refused and an older one goes on.");

    public static void AddLastReloadTime(this Meter meter, Func<double> read) => meter.CreateObservableGauge(
        "gateway.config.last_reload.time", read, "s", "When the configuration was last loaded or refused, Unix time.");
}
