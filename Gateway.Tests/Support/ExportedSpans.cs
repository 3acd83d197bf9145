using System.Collections.ObjectModel;
using System.Diagnostics;
using AngoGateway.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace AngoGateway.Tests.Support;

/// <summary>
/// What OpenTelemetry's SDK exports while this lives, of every gateway in the process: sources, sampler and SDK are the
/// real ones, only the exporter keeps the spans in memory. For tests of <see cref="TraceCollection"/> alone.
/// </summary>
internal sealed class ExportedSpans : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly Guarded _spans = [];
    private readonly TracerProvider _provider;

    public ExportedSpans(Sampler? configured = null) => _provider = Sdk.CreateTracerProviderBuilder()
        .AddSource(Traces.SourceNames)
        .SetSampler(new WebhookSampler(configured ?? new ParentBasedSampler(new AlwaysOnSampler())))
        .AddInMemoryExporter(_spans)
        .Build();

    public IReadOnlyList<Activity> All => _spans.Snapshot();

    /// <summary>The spans of the gateway that speak of an event, in the order in which they began.</summary>
    public IReadOnlyList<Activity> Of(Guid? eventId) =>
        [.. All.Where(span => Equals(span.GetTagItem(Attributes.EventId), eventId?.ToString())).OrderBy(span => span.StartTimeUtc)];

    /// <summary>The span of the request that brought an event.</summary>
    public async Task<Activity> WebhookAsync(Guid? eventId, string outcome = "accepted")
    {
        bool IsIt(Activity span) => span.Kind == ActivityKind.Server && Equals(span.GetTagItem(Attributes.Outcome), outcome);
        await Eventually.TrueAsync(() => Of(eventId).Any(IsIt), Soon, () => $"the span of the {outcome} request was not exported");
        return Of(eventId).Single(IsIt);
    }

    /// <summary>The spans of all attempts at an event, once there are so many.</summary>
    public async Task<IReadOnlyList<Activity>> AttemptsAsync(Guid? eventId, int count)
    {
        IReadOnlyList<Activity> Found() => [.. Of(eventId).Where(span => span.OperationName == Traces.Deliver)];
        await Eventually.TrueAsync(() => Found().Count >= count, Soon, () => $"{Found().Count} of {count} attempts were exported");
        Assert.Equal(count, Found().Count);
        return Found();
    }

    /// <summary>HttpClient's span below an attempt's.</summary>
    public Activity ClientOf(Activity attempt) =>
        Assert.Single(Trace(attempt.TraceId), span => span.Kind == ActivityKind.Client && IsBelow(span, attempt));

    /// <summary>A span and all that is below it, a line each, siblings by name: kind, name, and a ! when it failed.</summary>
    public string[] Tree(Activity root)
    {
        var trace = Trace(root.TraceId);
        return [.. Lines(root, "")];

        IEnumerable<string> Lines(Activity span, string indent)
        {
            yield return $"{indent}{span.Kind} {span.DisplayName}{(span.Status == ActivityStatusCode.Error ? " !" : "")}";
            foreach (var line in trace.Where(child => child.ParentSpanId == span.SpanId).OrderBy(child => child.DisplayName, StringComparer.Ordinal).SelectMany(child => Lines(child, indent + "  ")))
                yield return line;
        }
    }

    public IReadOnlyList<Activity> Trace(ActivityTraceId id) => [.. All.Where(span => span.TraceId == id)];

    /// <summary>Relation and ids of each link.</summary>
    public static (string, ActivityTraceId, ActivitySpanId)[] Links(Activity span) =>
        [.. span.Links.Select(link => ((string)Assert.Single(link.Tags!, tag => tag.Key == Attributes.Link).Value!, link.Context.TraceId, link.Context.SpanId))];

    public void Dispose() => _provider.Dispose();

    private bool IsBelow(Activity span, Activity ancestor) =>
        span.ParentSpanId == ancestor.SpanId || (Trace(span.TraceId).SingleOrDefault(each => each.SpanId == span.ParentSpanId) is { } parent && IsBelow(parent, ancestor));

    private sealed class Guarded : Collection<Activity>
    {
        private readonly Lock _lock = new();

        public Activity[] Snapshot()
        {
            lock (_lock)
                return [.. this];
        }

        protected override void InsertItem(int index, Activity item)
        {
            lock (_lock)
                base.InsertItem(Count, item);
        }
    }
}

/// <summary>Listeners to activities hear every gateway of the process and decide for all of them what is recorded: one test at a time.</summary>
[CollectionDefinition(nameof(TraceCollection), DisableParallelization = true)]
public sealed class TraceCollection;
