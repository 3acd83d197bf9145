using System.Text;
using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>Where a token stands in the JSON, quotes included; <see langword="default"/> is an absent one.</summary>
internal readonly record struct TextSlot(int Start, int Length)
{
    public static TextSlot Of(ref Utf8JsonReader reader) => new(
        (int)reader.TokenStartIndex,
        reader.ValueSpan.Length + (reader.TokenType == JsonTokenType.String ? 2 : 0));
}

/// <summary>Turns the tokens that counted into strings: only these are allocated, whatever else a payload repeats.</summary>
/// <param name="json">The payload without its byte order mark.</param>
/// <param name="skipped">Length of the byte order mark, so that faults name the payload's own bytes.</param>
internal ref struct PayloadTexts(ReadOnlySpan<byte> json, int skipped)
{
    private readonly ReadOnlySpan<byte> _json = json;

    /// <summary>The first field whose text is not Unicode; null while all are.</summary>
    public string? Fault { get; private set; }

    /// <summary>A string's value or a number as written; null when absent or empty.</summary>
    public string? Text(TextSlot slot, string field)
    {
        var token = _json.Slice(slot.Start, slot.Length);
        if (token.IsEmpty || token is [(byte)'"', (byte)'"'])
        {
            return null;
        }

        if (token[0] != (byte)'"')
        {
            return Encoding.ASCII.GetString(token);
        }

        try
        {
            var reader = new Utf8JsonReader(token);
            reader.Read();
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Invalid UTF-8 or half a surrogate pair. Replaced, two different ids could become one key.
            Fault ??= $"{field} is not valid Unicode text (at byte {skipped + slot.Start}).";
            return null;
        }
    }

    /// <summary>An array's strings and numbers, empty ones and everything else left out.</summary>
    public string[] List(TextSlot slot, string field)
    {
        var array = _json.Slice(slot.Start, slot.Length);
        if (array.IsEmpty)
        {
            return [];
        }

        var count = 0;
        var counting = Enter(array);
        while (TryNext(ref counting, out _))
        {
            count++;
        }

        var texts = count == 0 ? [] : new string[count];
        var reading = Enter(array);
        for (var i = 0; TryNext(ref reading, out var item); i++)
        {
            texts[i] = Text(item with { Start = slot.Start + item.Start }, field) ?? "";
        }

        return texts;
    }

    private static Utf8JsonReader Enter(ReadOnlySpan<byte> array)
    {
        var reader = new Utf8JsonReader(array, EnvelopeReader.Strict);
        reader.Read();
        return reader;
    }

    private static bool TryNext(ref Utf8JsonReader reader, out TextSlot item)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number && !reader.ValueSpan.IsEmpty)
            {
                item = TextSlot.Of(ref reader);
                return true;
            }

            reader.Skip();
        }

        item = default;
        return false;
    }
}
