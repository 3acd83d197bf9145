using System.Buffers;
using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>W3C trace contexts as they come: in a request's headers, or out of the journal.</summary>
internal static class TraceContext
{
    // W3C Trace Context, section 3.3.1.5: a vendor should pass on at least this much; more is a stranger's to fill.
    private const int LongestState = 512;

    // HttpClient sends nothing else: a tracestate with other characters would fail every attempt.
    private static readonly SearchValues<char> Sendable =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    /// <summary>The context that was stored with an event; default when there is none.</summary>
    public static ActivityContext Stored(string? parent, string? state) =>
        ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;

    /// <summary>The sender's context with its tracestate; default when it has none or sent a broken one.</summary>
    public static ActivityContext Trusted(IHeaderDictionary headers) =>
        headers.TraceParent.Count == 1 ? Stored(headers.TraceParent, Passable(headers.TraceState)) : default;

    /// <summary>The sender's context for a link: its ids, and none of its free text.</summary>
    public static ActivityContext Untrusted(IHeaderDictionary headers) =>
        headers.TraceParent.Count == 1 ? Stored(headers.TraceParent, null) : default;

    private static string? Passable(string? state) =>
        state is { Length: > 0 and <= LongestState } && !state.AsSpan().ContainsAnyExcept(Sendable) ? state : null;
}
