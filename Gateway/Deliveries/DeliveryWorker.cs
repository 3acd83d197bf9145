using System.Diagnostics;
using AngoGateway.Consumers;
using AngoGateway.Forwarding;
using AngoGateway.Journal;
using AngoGateway.Telemetry;

namespace AngoGateway.Deliveries;

/// <summary>The outbound story of one attempt: read the payload, send it, see what follows; then write that down.</summary>
internal sealed partial class DeliveryWorker(
    IJournal journal, Forwarder forwarder, TimeProvider timeProvider, ILogger<DeliveryWorker> logger)
{
    // While the journal cannot write, sending more would only make repeats: the worker waits with its settlement.
    private static readonly TimeSpan SettleAgainAfter = TimeSpan.FromSeconds(1);

    // A fault inside the gateway mostly lasts: the delivery is due again at once, so its slot is given back a little later.
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    /// <summary>Makes one attempt of a leased delivery. Never throws; <see cref="EndAsync"/> must follow.</summary>
    public async Task<Tried> AttemptAsync(Delivery delivery, Consumer consumer, CancellationToken stopping)
    {
        var span = Traces.StartAttempt(
            TraceContext.Stored(delivery.Event.TraceParent, delivery.Event.TraceState),
            isFirst: delivery is { Attempts: 0, Replay: 0, WasPutOff: false });
        try
        {
            return await SendAsync(delivery, consumer, span, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Pending again; the next start picks it up.
        }
        catch (Exception e)
        {
            await FailedAsync(delivery, span, e, stopping);
        }

        return new Tried(delivery, span);
    }

    /// <summary>Writes down what became of an attempt and ends the lease, whatever happens. Never throws.</summary>
    /// <returns>False: the delivery is in the journal as before.</returns>
    public async Task<bool> EndAsync(Tried tried, CancellationToken stopping)
    {
        using var span = tried.Span;
        if (span is not null)
            Activity.Current = span;

        var settled = false;
        try
        {
            if (tried.Attempt is { } attempt)
            {
                await SettleAsync(tried.Delivery, tried.Outcome.Settle(attempt), stopping);
                settled = true;
            }

            if (tried.Forwarded is { } forwarded)
                Tell(tried, forwarded);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Pending again, though it was sent: the next start sends it once more.
        }
        catch (Exception e)
        {
            await FailedAsync(tried.Delivery, span, e, stopping);
        }
        finally
        {
            if (!settled)
            {
                journal.Release(tried.Delivery);
            }
        }

        return settled;
    }

    private async Task<Tried> SendAsync(Delivery delivery, Consumer consumer, Activity? span, CancellationToken stopping)
    {
        // 1. The payload, for as long as the attempt lasts.
        using var payload = await journal.ReadPayloadAsync(delivery.Event.Id, stopping);

        // 2. Send it through YARP.
        var webhook = Outgoing(delivery, payload.Memory);
        AttemptSpan.Describe(span, consumer, webhook);
        var at = timeProvider.GetUtcNow();
        var began = timeProvider.GetTimestamp();
        var forwarded = await forwarder.SendAsync(consumer, webhook, stopping);
        var took = timeProvider.GetElapsedTime(began);
        Checkpoints.Reach(Checkpoints.Sent);

        // 3. See what follows.
        var number = delivery.Attempts + 1;
        var outcome = AttemptOutcome.Of(
            forwarded, number, delivery.QueuedAt, consumer.Retry, timeProvider.GetUtcNow(), Random.Shared.NextDouble());
        AttemptSpan.Tell(span, forwarded, TagValue<AttemptResult>.Of(outcome.Result));
        return new Tried(delivery, span)
        {
            Forwarded = forwarded,
            Outcome = outcome,
            Took = took,
            Attempt = outcome.Result == AttemptResult.Abandoned
                ? null
                : new Attempt(number, at, took, forwarded.Address, forwarded.Status, forwarded.Error, forwarded.Response),
        };
    }

    private async Task FailedAsync(Delivery delivery, Activity? span, Exception exception, CancellationToken stopping)
    {
        Log.AttemptFailed(logger, exception, delivery.Id);
        span?.SetStatus(ActivityStatusCode.Error, "failed inside the gateway").Stop();
        await Task.Delay(AfterFault, timeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SettleAsync(Delivery delivery, Settlement settlement, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                // Not the stopping token: what was sent should be marked as sent even while the gateway stops.
                if (!await journal.SettleAsync(delivery, settlement, CancellationToken.None))
                    Log.TooLate(logger, delivery.Id);

                return;
            }
            catch (JournalUnavailableException e)
            {
                Log.NotSettled(logger, delivery.Id, e.Message);
                await Task.Delay(SettleAgainAfter, timeProvider, stopping);
            }
        }
    }

    private static OutgoingWebhook Outgoing(Delivery delivery, ReadOnlyMemory<byte> payload)
    {
        var stored = delivery.Event;
        return new OutgoingWebhook(
            payload,
            stored.ContentType,
            stored.SignatureHeader,
            stored.Signature,
            stored.Id,
            delivery.Id,
            delivery.Attempts + 1,
            stored.Source,
            stored.Envelope.Project,
            stored.Envelope.TaskId,
            stored.Envelope.StageName ?? stored.Envelope.Stage);
    }

    private void Tell(Tried tried, ForwardOutcome forwarded)
    {
        var (delivery, outcome) = (tried.Delivery, tried.Outcome);
        Metrics.Attempted(delivery.Consumer, Metrics.Outcome(outcome.Result), tried.Took);
        var level = outcome.Result switch
        {
            AttemptResult.Delivered or AttemptResult.Abandoned => LogLevel.Information,
            AttemptResult.Retry or AttemptResult.Deferred => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        Log.Attempt(
            logger, level, outcome.Result, delivery.Consumer, delivery.Id, delivery.Attempts + 1, forwarded.Address, forwarded.Status,
            forwarded.Error, outcome.DueAt, tried.Took.TotalMilliseconds);
    }

    private static partial class Log
    {
        [LoggerMessage(Message =
            "Attempt {Outcome} consumer={Consumer} delivery={DeliveryId} attempt={Attempt} address={Address} status={Status} " +
            "error={Error} dueAt={DueAt:O} ms={Milliseconds:0.00}")]
        public static partial void Attempt(
            ILogger logger, LogLevel level, AttemptResult outcome, string consumer, string deliveryId, int attempt, string? address,
            int? status, string? error, DateTimeOffset? dueAt, double milliseconds);

        [LoggerMessage(LogLevel.Error, "An attempt of delivery {DeliveryId} failed inside the gateway; it stays pending")]
        public static partial void AttemptFailed(ILogger logger, Exception exception, string deliveryId);

        [LoggerMessage(LogLevel.Warning, "The outcome of delivery {DeliveryId} was not written: it is in other hands by now")]
        public static partial void TooLate(ILogger logger, string deliveryId);

        [LoggerMessage(LogLevel.Error, "The outcome of delivery {DeliveryId} could not be written yet, trying again: {Reason}")]
        public static partial void NotSettled(ILogger logger, string deliveryId, string reason);
    }
}
