using System.Text.Json;

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
            .. Header("source", headers["X-Gateway-Source"]),
            .. Header("delivery", headers["X-Gateway-Delivery-Id"]),
            .. Header("attempt", headers["X-Gateway-Attempt"]),
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

    private static string[] Header(string name, string? value) =>
        string.IsNullOrEmpty(value) ? [] : [$"{name} {Terminal.Clean(value)}"];

    private static string[] Task(byte[] payload)
    {
        try
        {
            ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
            var json = payload.AsMemory(payload.AsSpan().StartsWith(bom) ? bom.Length : 0);
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 });
            var root = document.RootElement;
            var task = Child(root, "task");
            if (task is null && Child(root, "tasks") is { ValueKind: JsonValueKind.Array } tasks && tasks.GetArrayLength() > 0)
            {
                task = tasks[0];
            }

            return
            [
                .. Header("project", Text(root, "projectId")),
                .. Header("task", Text(task, "taskId")),
                .. Header("stage", Text(task, "stageName") ?? Text(task, "stage")),
                .. Header("updated", Text(task, "updatedAt")),
            ];
        }
        catch (JsonException)
        {
            return ["not JSON"];
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: valid JSON that is no text.
            return ["not text"];
        }
    }

    private static JsonElement? Child(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var child) ? child : null;

    private static string? Text(JsonElement? parent, string name) => Child(parent, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };
}
