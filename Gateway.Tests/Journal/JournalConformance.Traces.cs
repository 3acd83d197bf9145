using System.Diagnostics;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Journal;

/// <summary>Trace contexts that are stored with events, and whose event came before.</summary>
public abstract partial class JournalConformance
{
    private const string Sampled = "01";

    [Fact]
    public async Task A_trace_context_comes_back_as_it_was_stored()
    {
        var stored = Traced(1, span: 7) with { TraceState = "vendor=1" };
        await Append(stored);

        var context = await Journal.TraceOfAsync(stored.Id, default);

        Assert.Equal((stored.TraceParent, "vendor=1", true), ($"00-{context.TraceId}-{context.SpanId}-01", context.TraceState, context.IsRemote));
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("broken")]
    public async Task An_event_without_a_readable_context_has_none(string? traceParent)
    {
        var stored = Event(1) with { TraceParent = traceParent };
        await Append(stored);

        Assert.Equal(default, await Journal.TraceOfAsync(stored.Id, default));
        Assert.Equal(default, await Journal.TraceOfAsync(Guid.Empty, default));
    }

    [Fact]
    public async Task The_previous_context_is_that_of_the_last_sampled_event_of_the_same_task()
    {
        var events = new[]
        {
            Traced(1, span: 1),
            Traced(1, span: 2),
            Traced(2, span: 3),
            Traced(1, span: 4, flags: "00"),
            Traced(1, span: 5) with { Source = "other" },
            WithEnvelope(Traced(1, span: 6), project: "q"),
            WithEnvelope(Traced(1, span: 7), project: null),
            Traced(1, span: 8),
            Traced(1, span: 9),
        };
        foreach (var stored in events)
            await Append(stored);

        var previous = new List<string>();
        foreach (var stored in events)
            previous.Add((await Journal.PreviousTraceAsync(stored.Id, default)).SpanId.ToString().TrimStart('0'));

        Assert.Equal(["", "1", "", "2", "", "", "", "2", "8"], previous);
    }

    [Fact]
    public async Task Events_without_a_project_are_of_one_task_and_without_a_task_of_none()
    {
        var first = WithEnvelope(Traced(1, span: 1), project: null);
        var second = WithEnvelope(Traced(1, span: 2), project: null);
        var (nobody, nobodyElse) = (Traced(1, span: 3) with { Envelope = new() }, Traced(1, span: 4) with { Envelope = new() });
        foreach (var stored in new[] { first, second, nobody, nobodyElse })
            await Append(stored);

        Assert.Equal("0000000000000001", (await Journal.PreviousTraceAsync(second.Id, default)).SpanId.ToString());
        Assert.Equal(default, await Journal.PreviousTraceAsync(nobodyElse.Id, default));
        Assert.Equal(default, await Journal.PreviousTraceAsync(Guid.Empty, default));
    }

    [Fact]
    public async Task A_delivery_was_put_off_once_it_was_settled_without_an_end()
    {
        await Append(Event(1), "training");
        var first = Assert.Single(await Claim("training"));
        Assert.False(first.WasPutOff);
        Journal.Release(first);
        first = Assert.Single(await Claim("training"));
        Assert.False(first.WasPutOff);

        await Journal.SettleAsync(first, new Settlement(DeliveryState.Pending, Time.GetUtcNow(), null), default);

        var second = Assert.Single(await Claim("training"));
        Assert.Equal((0, true), (second.Attempts, second.WasPutOff));
    }

    // An event of its own each time, whatever its task.
    private protected StoredEvent Traced(int task, int span, string flags = Sampled)
    {
        var stored = Event(task);
        return stored with { Key = stored.Key with { Digest = (UInt128)(uint)span + 1000 }, TraceParent = $"00-0af7651916cd43dd8448eb211c80319c-{span:x16}-{flags}" };
    }

    private static StoredEvent WithEnvelope(StoredEvent stored, string? project) =>
        stored with { Envelope = stored.Envelope with { Project = project } };
}
