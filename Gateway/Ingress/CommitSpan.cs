using System.Diagnostics;
using AngoGateway.Journal;
using AngoGateway.Telemetry;

namespace AngoGateway.Ingress;

/// <summary>The span of the commit. Its context is stored with the event, so that what is delivered later hangs below it.</summary>
internal static class CommitSpan
{
    public static Activity? Start(StoredEvent @event, int bytes, int deliveries)
    {
        var span = Traces.StartStep(Traces.Commit, ActivityKind.Producer);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(Attributes.MessagingSystem, Attributes.System);
            span.SetTag(Attributes.OperationType, "send");
            span.SetTag(Attributes.OperationName, Traces.Commit);
            span.SetTag(Attributes.MessageCount, deliveries);
            span.SetTag(Attributes.MessageBodySize, bytes);
            span.SetTag(Attributes.Source, @event.Source);
        }

        return span;
    }

    /// <summary>The event as it is stored by this commit.</summary>
    public static StoredEvent Through(this StoredEvent @event, Activity? commit) =>
        commit is null ? @event : @event with { TraceParent = commit.Id, TraceState = commit.TraceStateString };

    public static void Tell(Activity? commit, AppendResult result)
    {
        if (commit is not { IsAllDataRequested: true })
            return;

        commit.SetTag(Attributes.Outcome, TagValue<AppendStatus>.Of(result.Status));
        if (result.Status == AppendStatus.Unavailable)
            commit.SetStatus(ActivityStatusCode.Error, result.Fault);
        else
            commit.SetTag(Attributes.EventId, result.EventId.ToString());
    }
}
