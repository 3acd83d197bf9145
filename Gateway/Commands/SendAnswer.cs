using System.Text;
using System.Text.Json;

namespace AngoGateway.Commands;

/// <summary>What came back, in a few words that are safe to print.</summary>
internal static class SendAnswer
{
    /// <summary>
    /// <c>accepted 0198…</c> from the gateway's own answer, the title of a problem+json, else the reason phrase. The rest
    /// of a longer body is not read.
    /// </summary>
    public static async Task<string> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[limit];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, limit, throwOnEndOfStream: false, cancellationToken);
        return Words(buffer.AsMemory(0, length)) ?? Terminal.Clean(response.ReasonPhrase ?? "");
    }

    /// <summary>The id of the accepted event, when the answer names one.</summary>
    public static string? EventId(string answer) =>
        answer.Split(' ') is [_, var id] && Guid.TryParse(id, out _) ? id : null;

    /// <summary>Why no answer came: the innermost message names the socket's or the TLS fault.</summary>
    public static string Reason(Exception exception)
    {
        var reason = exception;
        while (reason.InnerException is { } inner)
        {
            reason = inner;
        }

        return Terminal.Clean(reason.Message);
    }

    private static string? Words(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var words = new StringBuilder();
            foreach (var name in (string[])["status", "eventId", "title", "detail"])
            {
                if (json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    words.Append(words.Length > 0 ? " " : "").Append(Terminal.Clean(value.GetString()!));
                }
            }

            return words.Length > 0 ? words.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
