using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>Says what is wrong with a payload that is not JSON. The parser's own messages quote the payload.</summary>
internal static class JsonFault
{
    /// <summary>Reads all of it strictly, to the first fault.</summary>
    /// <param name="json">The payload without its byte order mark.</param>
    /// <param name="skipped">Length of the byte order mark.</param>
    public static string Of(ReadOnlySpan<byte> json, int skipped)
    {
        var reader = new Utf8JsonReader(json, EnvelopeReader.Strict);
        var complete = false;
        try
        {
            reader.Read();
            reader.Skip();
            complete = true;
            reader.Read(); // Throws when anything but white space follows.
            return "The body is not valid JSON.";
        }
        catch (JsonException exception)
        {
            return Describe(exception, in reader, json, skipped, complete);
        }
    }

    private static string Describe(JsonException exception, in Utf8JsonReader reader, ReadOnlySpan<byte> json, int skipped, bool complete)
    {
        if (json.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return "The body is empty.";
        }

        var offset = OffsetOf(exception, json);
        if (complete)
        {
            return $"Something follows the JSON value (at byte {skipped + offset}).";
        }

        if (offset >= json.Length)
        {
            return $"The body ends within its JSON value (after {skipped + json.Length} bytes).";
        }

        // The reader counts a container's own opening to the level outside it.
        var opened = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0;
        return reader.CurrentDepth + opened == EnvelopeReader.MaxDepth && json[offset] is (byte)'{' or (byte)'['
            ? $"The JSON nests deeper than {EnvelopeReader.MaxDepth} levels (at byte {skipped + offset})."
            : $"The body is not valid JSON (at byte {skipped + offset}).";
    }

    private static int OffsetOf(JsonException exception, ReadOnlySpan<byte> json)
    {
        var offset = 0;
        for (var line = exception.LineNumber ?? 0; line > 0; line--)
        {
            var end = json[offset..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            offset += end + 1;
        }

        return (int)Math.Min(offset + (exception.BytePositionInLine ?? 0), json.Length);
    }
}
