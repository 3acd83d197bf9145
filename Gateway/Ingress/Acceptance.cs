using System.Diagnostics;
using System.Runtime.CompilerServices;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;
using AngoGateway.Telemetry;
using Microsoft.Net.Http.Headers;

namespace AngoGateway.Ingress;

/// <summary>The last steps of the inbound half: a verified webhook becomes an event, and the event becomes durable.</summary>
internal sealed class Acceptance(IJournal journal, Relay relay, TimeProvider timeProvider)
{
    /// <summary>The event as it will be stored, its disposition decided.</summary>
    public StoredEvent Draft(
        HttpRequest request, Source source, string? signature, Envelope envelope, ReadOnlySpan<byte> payload, RouteMatch match, Retention retention)
    {
        var now = timeProvider.GetUtcNow();
        return new StoredEvent(
            EventIds.New(now),
            EventKey.Of(source.Name, envelope, payload),
            now,
            source.Name,
            envelope,
            IsForgotten(envelope, now - retention.Keys) ? Disposition.Quarantined
                : match.IsUnrouted ? Disposition.Unrouted
                : Disposition.Routed,
            ContentType(request),
            source.SignatureHeader,
            signature,
            Activity.Current?.Id,
            Activity.Current?.TraceStateString);
    }

    /// <summary>Durable, then the answer. A proxy route asks its consumer first, unless that is paused: then it is queued like the others.</summary>
    public ValueTask<IngressOutcome> TakeAsync(HttpContext http, StoredEvent @event, Payload payload, RouteMatch match) =>
        @event.Disposition == Disposition.Routed && match.Proxy is { } proxy && journal.Lane(proxy.Name).PausedAt is null
            ? relay.ThroughAsync(http, match, @event, payload)
            : QueueAsync(@event, payload, match);

    // Nearly all say the first; whatever is no media type is not handed on.
    private static string? ContentType(HttpRequest request) =>
        request.ContentType is "application/json" || MediaTypeHeaderValue.TryParse(request.ContentType, out _) ? request.ContentType : null;

    // Its key may have been forgotten, so that it cannot be told from a repeat.
    private bool IsForgotten(Envelope envelope, DateTimeOffset oldestKey) =>
        envelope.UpdatedAtInstant is { } updatedAt && (updatedAt < oldestKey || updatedAt < journal.ForgottenBefore);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IngressOutcome> QueueAsync(StoredEvent @event, Payload payload, RouteMatch match)
    {
        var deliveries = @event.Disposition == Disposition.Routed
            ? Array.ConvertAll(match.All, static consumer => new NewDelivery(consumer.Name, NewestOnly: consumer.NewestOnly))
            : [];

        Checkpoints.Reach(Checkpoints.BeforeInsert);

        using var commit = CommitSpan.Start(@event, payload.Length, deliveries.Length);

        // Not the request's token: the payload must outlive the commit, and a sender that left may still be told later.
        var result = await journal.AppendAsync(@event.Through(commit), payload, deliveries, CancellationToken.None);
        CommitSpan.Tell(commit, result);
        Checkpoints.Reach(Checkpoints.BeforeAnswer);
        return result.Status switch
        {
            AppendStatus.Accepted => new IngressOutcome(IngressStatus.Accepted, result.EventId),
            AppendStatus.Duplicate => new IngressOutcome(IngressStatus.Duplicate, result.EventId),
            AppendStatus.Unavailable => new IngressOutcome(IngressStatus.Unavailable, Detail: result.Fault),
            _ => throw new InvalidOperationException($"{result.Status} is not known."),
        };
    }
}
