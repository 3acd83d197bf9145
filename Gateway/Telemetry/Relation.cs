using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>What a span of ours is linked to, so that a reader of a trace knows which of its links is which.</summary>
internal sealed class Relation
{
    /// <summary>A webhook → the span of its sender, which is not trusted as a parent.</summary>
    public static readonly Relation Sender = new("sender");

    /// <summary>A duplicate → the webhook whose event it repeats.</summary>
    public static readonly Relation Repeated = new("repeated");

    /// <summary>A webhook → the previous one of its task.</summary>
    public static readonly Relation Previous = new("previous");

    /// <summary>A later attempt, or a replay → its webhook.</summary>
    public static readonly Relation Webhook = new("webhook");

    private readonly ActivityTagsCollection _tags;

    private Relation(string name) => _tags = new ActivityTagsCollection { [Attributes.Link] = name };

    public ActivityLink To(ActivityContext context) => new(context, _tags);
}
