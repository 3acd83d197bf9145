using System.Text.Encodings.Web;
using AngoGateway.Envelopes;

namespace AngoGateway.Routing;

/// <summary>A compiled row of <c>routes</c>.</summary>
/// <remarks>
/// A field that is not given takes everything. A given one takes what any of its patterns matches: never an absent
/// value, not even by <c>*</c>, and nothing at all when it lists no pattern.
/// </remarks>
internal sealed class Route
{
    private const int Listed = 8;

    private Route(string name, RouteConfig config, int[] to)
    {
        Name = name;
        Mode = config.Mode;
        Otherwise = config.Match.Otherwise;
        To = config.To;
        Consumers = to;
        Sources = Compile(config.Match.Source);
        Projects = Compile(config.Match.Project);
        Stages = Compile(config.Match.Stage);
        Batches = Compile(config.Match.Batch);
    }

    public string Name { get; }

    public RouteMode Mode { get; }

    /// <summary>Asked only when no route without it matched.</summary>
    public bool Otherwise { get; }

    /// <summary>Names of its consumers, as written.</summary>
    public string[] To { get; }

    /// <summary>Its consumers as positions in the table's list.</summary>
    public int[] Consumers { get; }

    public Pattern[]? Sources { get; }

    public Pattern[]? Projects { get; }

    public Pattern[]? Stages { get; }

    public Pattern[]? Batches { get; }

    /// <param name="config">As written.</param>
    /// <param name="position">In <c>routes</c>, from 0.</param>
    /// <param name="consumers">Its consumers as positions in the table's list.</param>
    public static Route Compile(RouteConfig config, int position, int[] consumers) =>
        new(config.Name ?? $"routes[{position}]", config, consumers);

    public bool Matches(string source, Envelope envelope) =>
        TakesSource(source) && TakesProject(envelope) && TakesStage(envelope) && TakesBatch(envelope);

    /// <summary>The first field that differs, what it is and what was wanted; null when the route matches.</summary>
    public string? WhyNot(string source, Envelope envelope)
    {
        if (!TakesSource(source))
            return Differs("source", Quote(source), Sources);

        if (!TakesProject(envelope))
            return Differs("project", Quote(envelope.Project), Projects);

        if (!TakesStage(envelope))
            return Differs("stage", DescribeStage(envelope), Stages);

        if (!TakesBatch(envelope))
            return Differs("batch", Quote([.. envelope.Batches, .. envelope.BatchNames], ", "), Batches);

        return null;
    }

    private bool TakesSource(string source) => Takes(Sources, source, StringComparison.Ordinal);

    private bool TakesProject(Envelope envelope) => Takes(Projects, envelope.Project, StringComparison.Ordinal);

    private bool TakesStage(Envelope envelope) =>
        Takes(Stages, envelope.Stage, StringComparison.OrdinalIgnoreCase)
        || Takes(Stages, envelope.StageName, StringComparison.OrdinalIgnoreCase)
        || Takes(Stages, envelope.StageId, StringComparison.Ordinal);

    private bool TakesBatch(Envelope envelope) =>
        Batches is null
        || TakesAny(Batches, envelope.Batches, StringComparison.Ordinal)
        || TakesAny(Batches, envelope.BatchNames, StringComparison.OrdinalIgnoreCase);

    private static bool TakesAny(Pattern[] patterns, string[] values, StringComparison comparison)
    {
        foreach (var value in values)
        {
            if (Takes(patterns, value, comparison))
                return true;
        }

        return false;
    }

    private static bool Takes(Pattern[]? patterns, string? value, StringComparison comparison)
    {
        if (patterns is null)
            return true;

        if (value is null)
            return false;

        foreach (var pattern in patterns)
        {
            if (pattern.Matches(value, comparison))
                return true;
        }

        return false;
    }

    private static Pattern[]? Compile(string[]? texts) => texts is null ? null : Array.ConvertAll(texts, Pattern.Compile);

    private static string Differs(string field, string found, Pattern[]? wanted) =>
        $"{field} is {found} but the route wants {(wanted is { Length: > 0 } ? Quote(Array.ConvertAll(wanted, w => w.Text), " or ") : "none")}";

    private static string DescribeStage(Envelope envelope)
    {
        (string Field, string? Value)[] all =
            [("stage", envelope.Stage), ("stageId", envelope.StageId), ("stageName", envelope.StageName)];
        var present = all.Where(one => one.Value is not null).Select(one => $"{Quote(one.Value)} ({one.Field})").ToArray();
        return present.Length == 0 ? Quote((string?)null) : string.Join(", ", present);
    }

    private static string Quote(string[] texts, string separator) => texts.Length switch
    {
        0 => Quote(null),
        > Listed => $"{Quote(texts[..Listed], separator)}{separator}{texts.Length - Listed} more",
        _ => string.Join(separator, texts.Select(Quote)),
    };

    // Escaped as JSON: a name from a payload may hold line ends and terminal control characters.
    private static string Quote(string? text) =>
        text is null ? "absent" : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
