using System.Diagnostics;
using System.Runtime.CompilerServices;
using AngoGateway.Envelopes;
using AngoGateway.Forwarding;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Telemetry;

namespace AngoGateway.Ingress;

/// <summary>
/// Proxy mode: the consumer's own response goes back to the sender. Its key is committed when the consumer's 2xx headers
/// are here and before they go on, so a 2xx is remembered and a failure is not: the sender may try again.
/// </summary>
internal sealed partial class Relay(IJournal journal, Forwarder forwarder, TimeProvider timeProvider, ILogger<Relay> logger)
{
    private readonly KeyTurns _turns = new();

    /// <param name="http">The live request; its response is written here unless the outcome says otherwise.</param>
    /// <param name="match">Its proxy consumer answers; its queued ones get the event through the journal, if that succeeds.</param>
    /// <param name="event">Stored only once the consumer took it.</param>
    /// <param name="payload">Its bytes.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IngressOutcome> ThroughAsync(
        HttpContext http, RouteMatch match, StoredEvent @event, Payload payload)
    {
        // A journal that cannot remember would let every try of the sender through to the consumer.
        if (journal.Health.Fault is { } fault)
        {
            return new IngressOutcome(IngressStatus.Unavailable, Detail: fault);
        }

        using var turn = await _turns.TakeAsync(@event.Key, http.RequestAborted);
        if (await RepeatAsync(@event.Key, http.RequestAborted) is { } repeat)
        {
            return repeat;
        }

        var consumer = match.Proxy ?? throw new ArgumentException("No proxy route matched.", nameof(match));
        using var span = Traces.StartStep(Traces.Deliver, ActivityKind.Consumer);
        var webhook = Outgoing(@event, payload.Memory, consumer.Name);
        AttemptSpan.Describe(span, consumer, webhook);
        var began = timeProvider.GetUtcNow();
        AppendResult? appended = null;
        var outcome = await forwarder.RelayAsync(http, consumer, webhook, Remember);
        var took = timeProvider.GetUtcNow() - began;
        var word = Word(outcome, appended);
        AttemptSpan.Tell(span, outcome, word);
        Log.Attempt(
            logger, outcome.IsSuccess ? LogLevel.Information : LogLevel.Warning, outcome.Result, consumer.Name, @event.Id, outcome.Address,
            outcome.Status, outcome.Error, took.TotalMilliseconds);
        Metrics.Attempted(consumer.Name, Metrics.Outcome(word), took);
        if (appended?.Status == AppendStatus.Unavailable)
        {
            return new IngressOutcome(IngressStatus.Unavailable, Detail: appended.Value.Fault);
        }

        return outcome.Result switch
        {
            ForwardResult.Responded => appended is { } stored ? new IngressOutcome(IngressStatus.Relayed, stored.EventId) : IngressStatus.RelayedRefusal,
            ForwardResult.TimedOut => IngressStatus.ConsumerTimedOut,
            ForwardResult.Canceled => IngressStatus.SenderGone,
            ForwardResult.NoHealthyAddress or ForwardResult.Failed or ForwardResult.CannotBuild => IngressStatus.ConsumerFailed,
            _ => throw new InvalidOperationException($"{outcome.Result} is not known."),
        };

        async ValueTask<bool> Remember(ForwardOutcome success)
        {
            var attempt = new Attempt(
                1, began, timeProvider.GetUtcNow() - began, success.Address, success.Status, Error: null, Response: null);
            NewDelivery[] deliveries =
            [
                new NewDelivery(consumer.Name, attempt, consumer.NewestOnly),
                .. match.Queue.Select(static other => new NewDelivery(other.Name, NewestOnly: other.NewestOnly)),
            ];
            Checkpoints.Reach(Checkpoints.BeforeInsert);
            using var commit = CommitSpan.Start(@event, payload.Length, deliveries.Length);
            appended = await journal.AppendAsync(@event.Through(commit), payload, deliveries, CancellationToken.None);
            CommitSpan.Tell(commit, appended.Value);
            Checkpoints.Reach(Checkpoints.BeforeAnswer);

            // Copies that wait need not wait for the rest of the response too.
            turn.Dispose();
            return appended.Value.Status != AppendStatus.Unavailable;
        }
    }

    /// <summary>What to answer when the key is known: a duplicate, which revives what died of its event. Null when it is new.</summary>
    private async ValueTask<IngressOutcome?> RepeatAsync(EventKey key, CancellationToken cancellationToken)
    {
        try
        {
            if (await journal.FindAsync(key, cancellationToken) is not { } first)
            {
                return null;
            }

            await journal.ReviveAsync(first, cancellationToken);
            return new IngressOutcome(IngressStatus.Duplicate, first);
        }
        catch (JournalUnavailableException e)
        {
            return new IngressOutcome(IngressStatus.Unavailable, Detail: e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Message =
            "Relay {Outcome} consumer={Consumer} event={EventId} address={Address} status={Status} error={Error} ms={Milliseconds:0.00}")]
        public static partial void Attempt(
            ILogger logger, LogLevel level, ForwardResult outcome, string consumer, Guid eventId, string? address, int? status, string? error,
            double milliseconds);
    }

    // As a lane's attempts are counted. What fails here is neither tried again nor kept: its sender is told.
    private static string Word(ForwardOutcome outcome, AppendResult? appended) => outcome.Result switch
    {
        ForwardResult.Responded when appended is not null => "delivered",
        ForwardResult.Canceled => "abandoned",
        _ => "refused",
    };

    private static OutgoingWebhook Outgoing(StoredEvent @event, ReadOnlyMemory<byte> payload, string consumer)
    {
        var delivery = new Delivery(@event, payload.Length, consumer, Replay: 0, Attempts: 0, @event.ReceivedAt);
        return new OutgoingWebhook(
            payload,
            @event.ContentType,
            @event.SignatureHeader,
            @event.Signature,
            @event.Id,
            delivery.Id,
            1,
            @event.Source,
            @event.Envelope.Project,
            @event.Envelope.TaskId,
            @event.Envelope.StageName ?? @event.Envelope.Stage);
    }
}
