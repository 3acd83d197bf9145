using System.Diagnostics;
using AngoGateway.Consumers;
using AngoGateway.Telemetry;

namespace AngoGateway.Forwarding;

/// <summary>What the span of one attempt says, whichever half makes the attempt.</summary>
internal static class AttemptSpan
{
    /// <param name="span">Begun; nothing is done with one that is not recorded.</param>
    /// <param name="consumer">Who is to get it.</param>
    /// <param name="webhook">What is sent. Of its payload only what names the task.</param>
    public static void Describe(Activity? span, Consumer consumer, OutgoingWebhook webhook)
    {
        if (span is not { IsAllDataRequested: true })
            return;

        span.DisplayName = $"{Traces.Deliver} {consumer.Name}";
        span.SetTag(Attributes.MessagingSystem, Attributes.System);
        span.SetTag(Attributes.OperationType, "process");
        span.SetTag(Attributes.OperationName, Traces.Deliver);
        span.SetTag(Attributes.DestinationName, consumer.Name);
        span.SetTag(Attributes.MessageId, webhook.DeliveryId);
        span.SetTag(Attributes.MessageBodySize, webhook.Payload.Length);
        span.SetTag(Attributes.Source, webhook.Source);
        span.SetTag(Attributes.EventId, webhook.EventId.ToString());
        span.SetTag(Attributes.DeliveryId, webhook.DeliveryId);
        span.SetTag(Attributes.Consumer, consumer.Name);
        span.SetTag(Attributes.Attempt, webhook.Attempt);
        span.SetTag(Attributes.AngoProject, LogText.Of(webhook.Project));
        span.SetTag(Attributes.AngoTask, LogText.Of(webhook.TaskId));
        span.SetTag(Attributes.AngoStage, LogText.Of(webhook.Stage));
    }

    /// <param name="span">As described.</param>
    /// <param name="forwarded">What became of the request.</param>
    /// <param name="outcome">What follows from that, in a word.</param>
    public static void Tell(Activity? span, ForwardOutcome forwarded, string outcome)
    {
        if (span is not { IsAllDataRequested: true })
            return;

        span.SetTag(Attributes.Outcome, outcome);
        if (forwarded.IsSuccess || forwarded.Result == ForwardResult.Canceled)
            return;

        span.SetTag(Attributes.ErrorType, forwarded.Status?.ToString() ?? TagValue<ForwardResult>.Of(forwarded.Result));
        span.SetStatus(ActivityStatusCode.Error, forwarded.Status is { } status ? $"the consumer answered {status}" : forwarded.Error);
    }
}
