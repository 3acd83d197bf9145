using System.Diagnostics;
using AngoGateway.Telemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace AngoGateway.Tests.Telemetry;

public sealed class WebhookSamplerTests
{
    private static readonly ActivityTraceId Trace = ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c");

    [Theory]
    [InlineData(null, null, "ParentBased{AlwaysOnSampler}")]
    [InlineData("parentbased_always_on", null, "ParentBased{AlwaysOnSampler}")]
    [InlineData("parentbased_always_off", null, "ParentBased{AlwaysOffSampler}")]
    [InlineData("parentbased_traceidratio", "0.25", "ParentBased{TraceIdRatioBasedSampler{0.250000}}")]
    [InlineData("PARENTBASED_TraceIdRatio", "0.25", "ParentBased{TraceIdRatioBasedSampler{0.250000}}")]
    [InlineData("traceidratio", "0", "TraceIdRatioBasedSampler{0.000000}")]
    [InlineData("traceidratio", null, "TraceIdRatioBasedSampler{1.000000}")]
    [InlineData("traceidratio", "1.5", "TraceIdRatioBasedSampler{1.000000}")]
    [InlineData("traceidratio", "-0.5", "TraceIdRatioBasedSampler{1.000000}")]
    [InlineData("traceidratio", "NaN", "TraceIdRatioBasedSampler{1.000000}")]
    [InlineData("traceidratio", "a tenth", "TraceIdRatioBasedSampler{1.000000}")]
    [InlineData("always_on", null, "AlwaysOnSampler")]
    [InlineData("always_off", null, "AlwaysOffSampler")]
    [InlineData("something", null, "ParentBased{AlwaysOnSampler}")]
    public void The_standard_variables_say_what_is_sampled(string? sampler, string? argument, string expected) =>
        Assert.Equal($"WebhookSampler{{{expected}}}", Of(sampler, argument).Description);

    [Theory]
    [InlineData("traceidratio", "0", true)]
    [InlineData("traceidratio", "1", false)]
    [InlineData("always_off", null, true)]
    [InlineData("always_on", null, false)]
    public void A_linked_attempt_and_what_is_below_a_span_are_as_it_was(string sampler, string? argument, bool recorded)
    {
        var before = Context(recorded, isRemote: true);

        Assert.Equal(recorded, Samples(Of(sampler, argument), default, "deliver", ActivityKind.Consumer, new ActivityLink(before)));
        Assert.Equal(recorded, Samples(Of(sampler, argument), Context(recorded, isRemote: false), "POST", ActivityKind.Client));
    }

    [Theory]
    [InlineData("always_on", true)]
    [InlineData("always_off", false)]
    public void A_webhook_and_an_attempt_without_one_are_as_configured(string sampler, bool recorded)
    {
        // The webhook's link leads to its sender, who decides nothing.
        Assert.Equal(recorded, Samples(Of(sampler), default, "POST", ActivityKind.Server, new ActivityLink(Context(!recorded, isRemote: true))));
        Assert.Equal(recorded, Samples(Of(sampler), default, "deliver", ActivityKind.Consumer));
    }

    [Theory]
    [InlineData("proxy.cluster_health_checks", ActivityKind.Consumer)]
    [InlineData("POST", ActivityKind.Client)]
    public void Nothing_else_begins_a_trace(string name, ActivityKind kind) => Assert.False(Samples(Of("always_on"), default, name, kind));

    private static WebhookSampler Of(string? sampler, string? argument = null) => WebhookSampler.FromEnvironment(
        new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_TRACES_SAMPLER"] = sampler, ["OTEL_TRACES_SAMPLER_ARG"] = argument })
            .Build());

    private static ActivityContext Context(bool recorded, bool isRemote) =>
        new(Trace, ActivitySpanId.CreateRandom(), recorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, isRemote: isRemote);

    private static bool Samples(WebhookSampler sampler, ActivityContext parent, string name, ActivityKind kind, params ActivityLink[] links) =>
        sampler.ShouldSample(new SamplingParameters(parent, Trace, name, kind, tags: null, links)).Decision == SamplingDecision.RecordAndSample;
}
