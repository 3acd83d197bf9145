using System.ComponentModel.DataAnnotations;

namespace AngoGateway.Routing;

/// <summary>A row of <c>routes</c>.</summary>
/// <param name="Match">All the given fields must match; an empty match takes everything.</param>
/// <param name="To">Names of consumers, at least one; exactly one in <c>proxy</c> mode.</param>
/// <param name="Name">For logs and <c>check</c>. Default: its position, <c>routes[3]</c>.</param>
/// <param name="Mode"><c>queue</c>: 202 once durable, delivered at least once. <c>proxy</c>: the consumer's own response goes back.</param>
internal sealed record RouteConfig(
    [Required(ErrorMessage = "needs \"match\": write \"match\": {} to take every event, or e.g. \"match\": { \"stage\": \"Review\" }")]
    MatchConfig Match,
    [Required(ErrorMessage = "needs \"to\": write the names of its consumers, e.g. \"to\": [\"training\"]")]
    string[] To,
    string? Name = null,
    RouteMode Mode = RouteMode.Queue) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Mode == RouteMode.Proxy && To.Length > 1)
        {
            yield return new(
                $"names {To.Length} consumers, but a proxy route sends one response back: name one, and the others in a queue route",
                [nameof(To), nameof(Mode)]);
        }
    }
}

internal enum RouteMode
{
    Queue,
    Proxy,
}

/// <summary>What a route wants. Each field is one text or an array (any of them); <c>*</c> stands for any run of characters.</summary>
/// <remarks>
/// An event that has no value for a given field does not match it, not even by <c>*</c>: <c>"stage": "*"</c> takes the
/// events that name a stage. To take all events, leave the field out.
/// </remarks>
/// <param name="Source">Name of the source, exactly.</param>
/// <param name="Project">Project id, exactly.</param>
/// <param name="Stage">Any of task.stage and task.stageName (without case) and task.stageId (exactly).</param>
/// <param name="Batch">Any of batches (exactly) and batchNames (without case).</param>
/// <param name="Otherwise">True: matches when no other route did. Stands alone.</param>
internal sealed record MatchConfig(
    string[]? Source = null,
    string[]? Project = null,
    string[]? Stage = null,
    string[]? Batch = null,
    bool Otherwise = false) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Otherwise && (Source ?? Project ?? Stage ?? Batch) is not null)
        {
            yield return new(
                "stands beside other fields, but it takes what no other route wanted: leave out one or the others",
                [nameof(Otherwise)]);
        }
    }
}
