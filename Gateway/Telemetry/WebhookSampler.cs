using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace AngoGateway.Telemetry;

/// <summary>
/// Decides for a webhook what the standard OTEL_TRACES_SAMPLER says, and keeps to it: everything under a span, and every
/// later attempt or replay, is recorded exactly when the webhook was. Nothing else begins a trace.
/// </summary>
internal sealed class WebhookSampler : Sampler
{
    private readonly Sampler _configured;

    public WebhookSampler(Sampler configured)
    {
        _configured = configured;
        Description = $"{nameof(WebhookSampler)}{{{configured.Description}}}";
    }

    /// <summary>As OpenTelemetry's SDK reads them, which looks at these variables only as long as no sampler is set.</summary>
    public static WebhookSampler FromEnvironment(IConfiguration environment)
    {
        var argument = environment["OTEL_TRACES_SAMPLER_ARG"];
        return new WebhookSampler(environment["OTEL_TRACES_SAMPLER"]?.Trim().ToLowerInvariant() switch
        {
            "always_on" => new AlwaysOnSampler(),
            "always_off" => new AlwaysOffSampler(),
            "traceidratio" => Ratio(argument),
            "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
            "parentbased_traceidratio" => new ParentBasedSampler(Ratio(argument)),
            _ => new ParentBasedSampler(new AlwaysOnSampler()),
        });
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (parent.TraceId == default)
            return ShouldBegin(samplingParameters);

        return parent.IsRemote ? _configured.ShouldSample(samplingParameters) : As(parent);
    }

    private SamplingResult ShouldBegin(in SamplingParameters root)
    {
        if (root.Kind == ActivityKind.Server)
            return _configured.ShouldSample(root);

        // YARP's active health checks have spans too: one more trace per cluster at every interval.
        if (root.Name != Traces.Deliver)
            return new SamplingResult(SamplingDecision.Drop);

        foreach (var link in root.Links ?? [])
            return As(link.Context);

        return _configured.ShouldSample(root);
    }

    private static SamplingResult As(in ActivityContext context) => new(
        context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);

    // 1 when it is missing or no number between 0 and 1, as in the SDK.
    private static TraceIdRatioBasedSampler Ratio(string? argument) =>
        new(double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio : 1);
}
