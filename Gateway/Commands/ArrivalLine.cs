using AngoGateway.Envelopes;

namespace AngoGateway.Commands;

/// <summary>One line about what arrived: enough to recognise it, and no e-mail address, link or label in it.</summary>
internal static class ArrivalLine
{
    /// <param name="at">When.</param>
    /// <param name="arrival">What.</param>
    /// <param name="signature"><c>ok</c>, <c>BAD</c> or <c>not checked</c>.</param>
    public static string Of(DateTimeOffset at, Arrival arrival, string signature)
    {
        var headers = arrival.Request.Headers;
        string[] parts =
        [
            $"{at:HH:mm:ss.fff}",
            $"{Terminal.Clean(arrival.Request.Method)} {Terminal.Clean(arrival.Request.Path)}",
            Size(arrival.Payload.Length),
            .. Task(arrival.Payload),
            .. Field("source", headers["X-Gateway-Source"]),
            .. Field("delivery", headers["X-Gateway-Delivery-Id"]),
            .. Field("attempt", headers["X-Gateway-Attempt"]),
            $"signature {signature}",
        ];
        return string.Join("  ", parts);
    }

    private static string Size(int bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => $"{bytes / 1024.0:0.0} KB",
        _ => $"{bytes / 1024.0 / 1024.0:0.0} MB",
    };

    private static string[] Field(string name, string? value) =>
        string.IsNullOrEmpty(value) ? [] : [$"{name} {Terminal.Clean(value)}"];

    private static string[] Task(byte[] payload) => EnvelopeReader.Read(payload).Envelope is not { } envelope
        ? ["not JSON"]
        :
        [
            .. Field("project", envelope.Project),
            .. Field("task", envelope.TaskId),
            .. Field("stage", envelope.StageName ?? envelope.Stage),
            .. Field("updated", envelope.UpdatedAt),
        ];
}
