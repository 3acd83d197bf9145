using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>
/// Keeps what an exception says off the spans that .NET and YARP make: .NET quotes the answer that it could not read, and
/// a consumer may have answered with the payload. The kind of the failure is left, as <c>error.type</c> and <c>exception.type</c>.
/// </summary>
internal static class QuietExceptions
{
    private const string LeftOut = "left out: it may quote the consumer's answer";

    /// <summary>In force until it is disposed. Makes no span by itself.</summary>
    public static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => Traces.SourceNames.Contains(source.Name, StringComparer.Ordinal),
            // .NET adds only what is not there yet.
            ExceptionRecorder = static (Activity _, Exception _, ref TagList tags) =>
            {
                tags.Add("exception.message", LeftOut);
                tags.Add("exception.stacktrace", LeftOut);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
