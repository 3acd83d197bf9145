using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>Which task an event is about, and how new it is: what order and supersession go by.</summary>
/// <param name="Task">Of source, project and taskId; null without a taskId.</param>
/// <param name="UpdatedUs">updatedAt in Unix microseconds; null when absent or not a time.</param>
internal readonly record struct TaskIdentity(UInt128? Task, long? UpdatedUs)
{
    // Before every time, so that an event without one comes first.
    private const long Untimed = long.MinValue;

    public static TaskIdentity Of(StoredEvent @event) => new(
        @event.Envelope.TaskId is null ? null : Digest(@event.Source, @event.Envelope.Project, @event.Envelope.TaskId),
        Microseconds(@event.Envelope.UpdatedAtInstant));

    /// <summary>The task at one stage; null without a taskId.</summary>
    public static UInt128? AtStage(StoredEvent @event) => @event.Envelope.TaskId is null
        ? null
        : Digest(@event.Source, @event.Envelope.Project, @event.Envelope.TaskId, StageOf(@event));

    /// <summary>The stage as in the event key.</summary>
    public static string? StageOf(StoredEvent @event) => @event.Envelope.StageId ?? @event.Envelope.Stage;

    public static long? Microseconds(DateTimeOffset? instant) =>
        instant is { } at ? (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond : null;

    /// <summary>The place of a delivery among those of its task.</summary>
    public static (long UpdatedUs, long Seq, int Replay) Place(long? updatedUs, long seq, int replay) => (updatedUs ?? Untimed, seq, replay);

    /// <summary>Of source, project and taskId, and of the stage where that counts.</summary>
    public static UInt128 Digest(params ReadOnlySpan<string?> parts) => PartsDigest.Of([], parts, []);
}
