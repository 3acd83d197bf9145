namespace AngoGateway.Routing;

/// <summary>A row of <c>routes</c>.</summary>
/// <param name="Match">All the given fields must match; an empty match takes everything.</param>
/// <param name="To">Names of consumers, at least one; exactly one in <c>proxy</c> mode.</param>
/// <param name="Name">For logs and <c>check</c>. Default: its position, <c>routes[3]</c>.</param>
/// <param name="Mode"><c>queue</c>: 202 once durable, delivered at least once. <c>proxy</c>: the consumer's own response goes back.</param>
internal sealed record RouteConfig(MatchConfig Match, string[] To, string? Name = null, RouteMode Mode = RouteMode.Queue);

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
    bool Otherwise = false);
