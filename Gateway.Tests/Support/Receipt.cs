using System.Net;
using System.Text.Json;

namespace AngoGateway.Tests.Support;

/// <summary>What the gateway answered.</summary>
internal sealed record Receipt(HttpStatusCode Status, string? Word, Guid? EventId, string? Title, string? Detail, string? RetryAfter)
{
    public static async Task<Receipt> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var type = response.Content.Headers.ContentType?.MediaType;
        using var json = type is "application/json" or "application/problem+json" ? JsonDocument.Parse(text) : null;
        return new Receipt(
            response.StatusCode,
            type == "application/json" ? Text(json, "status") : null,
            Guid.TryParse(Text(json, "eventId"), out var id) ? id : null,
            type == "application/problem+json" ? Text(json, "title") : null,
            Text(json, "detail"),
            response.Headers.RetryAfter?.ToString());
    }

    private static string? Text(JsonDocument? json, string name) =>
        json?.RootElement.ValueKind == JsonValueKind.Object
        && json.RootElement.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
