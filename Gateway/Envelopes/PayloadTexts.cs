using System.Text;
using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>Where a token stands in the JSON, quotes included; <see langword="default"/> is an absent one.</summary>
internal readonly record struct TextSlot(int Start, int Length)
{
    /// <summary>The value that the reader stands on when it is a non-empty string or a number; anything else is passed over.</summary>
    public static TextSlot TakeText(ref JsonCursor reader)
    {
        var start = reader.TokenStart;
        switch (reader.TokenType)
        {
            case JsonTokenType.String when !reader.ValueSpan.IsEmpty:
                return new TextSlot(start, reader.ValueSpan.Length + 2);
            case JsonTokenType.Number:
                return new TextSlot(start, reader.ValueSpan.Length);
            default:
                reader.Skip();
                return default;
        }
    }

    /// <summary>The value that the reader stands on when it is an array; the reader passes it either way.</summary>
    public static TextSlot TakeArray(ref JsonCursor reader)
    {
        var start = reader.TokenStart;
        var isArray = reader.TokenType == JsonTokenType.StartArray;
        reader.SkipStrictly();
        return isArray ? new TextSlot(start, reader.Consumed - start) : default;
    }
}

/// <summary>Turns the tokens that counted into strings: only these are allocated, whatever else a payload repeats.</summary>
/// <param name="json">The payload without its byte order mark.</param>
/// <param name="skipped">Length of the byte order mark, so that faults name the payload's own bytes.</param>
internal ref struct PayloadTexts(ReadOnlySpan<byte> json, int skipped)
{
    private readonly ReadOnlySpan<byte> _json = json;

    /// <summary>The first field whose text is not Unicode; null while all are.</summary>
    public string? Fault { get; private set; }

    /// <summary>A string's value or a number as written; null when absent, and after a fault.</summary>
    public string? Text(TextSlot slot, string field)
    {
        var token = _json.Slice(slot.Start, slot.Length);
        if (token.IsEmpty || Fault is not null)
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
            Fault = $"{field} is not valid Unicode text (at byte {skipped + slot.Start}).";
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

    private static JsonCursor Enter(ReadOnlySpan<byte> array)
    {
        var reader = new JsonCursor(array);
        reader.Read();
        return reader;
    }

    private static bool TryNext(ref JsonCursor reader, out TextSlot item)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            item = TextSlot.TakeText(ref reader);
            if (item.Length > 0)
            {
                return true;
            }
        }

        item = default;
        return false;
    }
}
