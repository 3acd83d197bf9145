namespace AngoGateway.Envelopes;

/// <summary>What the gateway reads from a verified payload: enough to key it, route it and show it.</summary>
/// <remarks>
/// Shapes differ by age: in 2023 there was no <c>projectId</c> and <c>task.stage</c> was a name; since 2025
/// <c>task.stage</c> is often a UUID equal to <c>stageId</c> and the name is in <c>stageName</c>. Absent, null and
/// empty values are all <see langword="null"/>; a number is its text as written.
/// </remarks>
/// <param name="Project">Root <c>projectId</c>, else the project its source was given.</param>
/// <param name="TaskId"><c>task.taskId</c>.</param>
/// <param name="Stage"><c>task.stage</c>: a name or a UUID.</param>
/// <param name="StageId"><c>task.stageId</c>: a UUID, or <c>Start</c>, <c>Label</c>, <c>Complete</c>.</param>
/// <param name="StageName"><c>task.stageName</c>: free text.</param>
/// <param name="UpdatedAt"><c>task.updatedAt</c>, opaque, exactly as written: it is part of the event key.</param>
/// <param name="Batches">Root <c>batches</c>: ids.</param>
/// <param name="BatchNames">Root <c>batchNames</c>: free text.</param>
internal sealed record Envelope(
    string? Project = null,
    string? TaskId = null,
    string? Stage = null,
    string? StageId = null,
    string? StageName = null,
    string? UpdatedAt = null,
    string[]? Batches = null,
    string[]? BatchNames = null)
{
    public string[] Batches { get; init; } = Batches ?? [];

    public string[] BatchNames { get; init; } = BatchNames ?? [];

    public string? UpdatedAt
    {
        get;
        init
        {
            field = value;
            UpdatedAtInstant = IsoInstant.Parse(value);
        }
    } = UpdatedAt;

    /// <summary><see cref="UpdatedAt"/> as an instant; null when absent or not ISO 8601 with date and time.</summary>
    public DateTimeOffset? UpdatedAtInstant { get; private init; } = IsoInstant.Parse(UpdatedAt);
}
