using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;
using AngoGateway.Telemetry;

namespace AngoGateway.Ingress;

/// <summary>What is learned of one request on its way, told once at its end: one wide log line and the metrics.</summary>
internal sealed partial class WebhookStory
{
    private Verdict? _refused;

    public Source? Source { get; set; }

    public int Bytes { get; set; }

    public int SecretIndex { get; set; } = -1;

    public StoredEvent? Event { get; set; }

    public RouteMatch? Match { get; set; }

    public IngressOutcome Refuse(Verdict verdict)
    {
        _refused = verdict;
        return IngressStatus.NotVerified;
    }

    public void Tell(ILogger logger, HttpContext http, IngressOutcome outcome, TimeSpan took)
    {
        Count(outcome, took);
        var envelope = Event?.Envelope;
        var level = outcome.Status switch
        {
            IngressStatus.Accepted or IngressStatus.Duplicate or IngressStatus.Relayed => LogLevel.Information,
            // Anybody can knock on a public door: not worth a line each. The metrics count them.
            IngressStatus.NoSuchSource or IngressStatus.NotPost or IngressStatus.SenderGone => LogLevel.Debug,
            // Sent by somebody who is not verified, or not yet: a stranger must not fill the log with warnings.
            IngressStatus.NotVerified or IngressStatus.BrokenBody or IngressStatus.BodyTooSlow or IngressStatus.BodyTooLarge
                or IngressStatus.Encoded => LogLevel.Information,
            _ => LogLevel.Warning,
        };
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var (project, task) = (LogText.Of(envelope?.Project), LogText.Of(envelope?.TaskId));
        var (stage, updatedAt) = (LogText.Of(envelope?.StageName ?? envelope?.Stage), LogText.Of(envelope?.UpdatedAt));
        Log.Webhook(
            logger,
            level,
            outcome.Status,
            Source?.Name,
            http.Response.StatusCode,
            _refused is { } verdict ? Reason(verdict) : outcome.Detail,
            outcome.EventId == default ? null : outcome.EventId,
            Event?.Disposition,
            project,
            task,
            stage,
            updatedAt,
            Match?.Routes.Length ?? 0,
            Bytes,
            took.TotalMilliseconds);
    }

    private void Count(IngressOutcome outcome, TimeSpan took)
    {
        var source = Metrics.Source(Source?.Name);
        var result = Metrics.Outcome(outcome.Status);
        Metrics.Webhooks.Add(1, source, result);
        Metrics.WebhookDuration.Record(took.TotalSeconds, source, result);
        if (_refused is { } verdict)
        {
            Metrics.Rejections.Add(
                1,
                source,
                new("reason", TagValue<Rejection>.Of(verdict.Rejection!.Value)),
                new("mistake", TagValue<KnownMistake>.Of(verdict.Mistake)));
        }

        if (SecretIndex >= 0)
        {
            Metrics.Verifications.Add(1, source, Metrics.Secret(SecretIndex));
            Metrics.WebhookBodySize.Record(Bytes, source);
        }

        if (outcome.Status is IngressStatus.Accepted or IngressStatus.Relayed && Event is { } stored)
        {
            CountStored(source, stored);
        }
    }

    private static void CountStored(KeyValuePair<string, object?> source, StoredEvent stored)
    {
        Metrics.Events.Add(
            1,
            source,
            new("disposition", TagValue<Disposition>.Of(stored.Disposition)),
            new("key", stored.Key.ByContent ? "content" : "fields"));

        // A quarantined one is old for a reason of its own.
        if (stored.Disposition != Disposition.Quarantined && stored.Key.UpdatedAtMs != 0)
        {
            var milliseconds = stored.ReceivedAt.ToUnixTimeMilliseconds() - stored.Key.UpdatedAtMs;
            Metrics.WebhookLag.Record(Math.Max(0, milliseconds) / 1000.0, source);
        }
    }

    private static string Reason(Verdict verdict) => verdict.Mistake == KnownMistake.None
        ? Enum.GetName(verdict.Rejection!.Value)!
        : $"{verdict.Rejection}: would match with {verdict.Mistake}";

    private static partial class Log
    {
        [LoggerMessage(Message =
            "Webhook {Outcome} source={Source} status={Status} reason={Reason} event={EventId} disposition={Disposition} project={Project} " +
            "task={TaskId} stage={Stage} updatedAt={UpdatedAt} routes={Routes} bytes={Bytes} ms={Milliseconds:0.00}")]
        public static partial void Webhook(
            ILogger logger, LogLevel level, IngressStatus outcome, string? source, int status, string? reason, Guid? eventId,
            Disposition? disposition, string? project, string? taskId, string? stage, string? updatedAt, int routes, int bytes,
            double milliseconds);
    }
}
