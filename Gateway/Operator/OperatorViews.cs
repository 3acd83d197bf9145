using System.Text.Json;
using System.Text.Json.Serialization;
using AngoGateway.Journal;

namespace AngoGateway.Operator;

/// <summary>The API's JSON. Never a payload, never a signature.</summary>
internal static class OperatorJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static IResult Of<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, Options, statusCode: status);
}

/// <summary>
/// State is <c>active</c>, <c>paused</c>, <c>open</c> (its circuit), or <c>orphaned</c>: the configuration names it no
/// more. OldestPending is the acceptance of the oldest pending delivery's event.
/// </summary>
internal sealed record ConsumerView(
    string Name, string State, long Pending, DateTimeOffset? OldestPending, long? OldestPendingSeconds, long Dead,
    DateTimeOffset? PausedAt, DateTimeOffset? OpenSince);

internal sealed record ConsumersView(IReadOnlyList<ConsumerView> Consumers);

/// <summary>A page; Next goes into <c>after</c> for the next one and is null on the last.</summary>
internal sealed record ItemsView(IReadOnlyList<ItemView> Items, string? Next);

/// <summary>A delivery, or an event without any. DueAt is a pending delivery's next attempt; null: at once.</summary>
internal sealed record ItemView(
    string EventId, string? DeliveryId, ItemState State, string? Consumer, bool Orphaned, DateTimeOffset ReceivedAt, string Source,
    string? Project, string? TaskId, string? Stage, string? UpdatedAt, int Size, int Attempts, DateTimeOffset? DueAt,
    DateTimeOffset? SettledAt, int? LastStatus, string? LastError)
{
    public static ItemView Of(JournalItem item, bool orphaned)
    {
        var envelope = item.Event.Envelope;
        return new ItemView(
            item.Event.Id.ToString("D"), item.DeliveryId, item.State, item.Consumer, orphaned, item.Event.ReceivedAt, item.Event.Source,
            envelope.Project, envelope.TaskId, envelope.StageName ?? envelope.Stage ?? envelope.StageId, envelope.UpdatedAt, item.Size,
            item.Attempts, DeliveryView.Due(item.DueAt), item.SettledAt, item.LastStatus, item.LastError);
    }
}

internal sealed record CountView(long Count);

internal sealed record DiscardView(long Discarded);

internal sealed record EventView(
    string Id, DateTimeOffset ReceivedAt, string Source, Disposition Disposition, string? Project, string? TaskId, string? Stage,
    string? StageId, string? StageName, string? UpdatedAt, string[] Batches, string[] BatchNames, string? ContentType, int Size,
    string? TraceParent, IReadOnlyList<DeliveryView> Deliveries)
{
    public static EventView Of(EventHistory history, IReadOnlyCollection<string> consumers)
    {
        var (stored, envelope) = (history.Event, history.Event.Envelope);
        return new EventView(
            stored.Id.ToString("D"), stored.ReceivedAt, stored.Source, stored.Disposition, envelope.Project, envelope.TaskId,
            envelope.Stage, envelope.StageId, envelope.StageName, envelope.UpdatedAt, envelope.Batches, envelope.BatchNames,
            stored.ContentType, history.Size, stored.TraceParent,
            [.. history.Deliveries.Select(delivery => DeliveryView.Of(delivery, !consumers.Contains(delivery.Consumer)))]);
    }
}

internal sealed record DeliveryView(
    string Id, string Consumer, int Replay, DeliveryState State, bool Orphaned, DateTimeOffset QueuedAt, DateTimeOffset? DueAt,
    DateTimeOffset? SettledAt, int Attempts, IReadOnlyList<AttemptView> Tries)
{
    public static DeliveryView Of(DeliveryHistory delivery, bool orphaned) => new(
        delivery.Id, delivery.Consumer, delivery.Replay, delivery.State, orphaned, delivery.QueuedAt, Due(delivery.DueAt),
        delivery.SettledAt, delivery.Attempts, [.. delivery.Tries.Select(AttemptView.Of)]);

    // The journal's way to say "at once".
    public static DateTimeOffset? Due(DateTimeOffset? due) => due > DateTimeOffset.UnixEpoch ? due : null;
}

internal sealed record AttemptView(
    int Number, DateTimeOffset At, double Milliseconds, string? Address, int? Status, string? Error, string? Response)
{
    public static AttemptView Of(Attempt attempt) => new(
        attempt.Number, attempt.At, Math.Round(attempt.Duration.TotalMilliseconds, 1), attempt.Address, attempt.Status, attempt.Error,
        attempt.Response);
}

/// <summary>A filter as the API takes it; what is absent matches everything.</summary>
internal sealed record FilterView(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? State = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Consumer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Source = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Project = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Stage = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? From = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? To = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Event = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Orphaned = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Delivery = null)
{
    public static FilterView Of(JournalFilter filter) => new(
        filter.State is { } state ? FilterReader.Name(state) : null, filter.Consumer, filter.Source, filter.Project, filter.Stage,
        filter.From, filter.To, filter.EventId?.ToString("D"), filter.Orphaned is null ? null : true);
}

internal sealed record ReplaysView(IReadOnlyList<ReplayView> Replays);

internal sealed record ReplayView(
    string Id, FilterView Filter, string[]? To, int Rate, long Total, long Done, long Skipped, ReplayState State, DateTimeOffset StartedAt)
{
    public static ReplayView Of(ReplayJob job) => new(
        job.Id.ToString("D"), FilterView.Of(job.Order.Filter), job.Order.To, job.Order.Rate, job.Total, job.Done, job.Skipped, job.State, job.StartedAt);
}
