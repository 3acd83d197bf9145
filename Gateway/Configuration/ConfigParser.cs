using System.Text;
using System.Text.Json;

namespace AngoGateway.Configuration;

/// <summary>Reads the text of gateway.json into nodes. Comments and trailing commas are taken: people write this file.</summary>
internal sealed class ConfigParser
{
    private static readonly JsonReaderOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly ReadOnlyMemory<byte> _utf8;
    private readonly ConfigFaults _faults;
    private int _line = 1;
    private int _counted;

    private ConfigParser(ReadOnlyMemory<byte> utf8, ConfigFaults faults)
    {
        _utf8 = utf8;
        _faults = faults;
    }

    /// <returns>The root, or null when the text is no JSON: the fault then names the first line that is not.</returns>
    public static ConfigNode? Parse(ReadOnlyMemory<byte> utf8, ConfigFaults faults)
    {
        var reader = new Utf8JsonReader(utf8.Span, Options);
        try
        {
            reader.Read();
            var root = new ConfigParser(utf8, faults).ReadValue(ref reader, "$", null);
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            // The reader's own words without the place it appends.
            var reason = e.Message.Split(" LineNumber:", 2)[0].TrimEnd('.');
            faults.Add("$", (int)(e.LineNumber ?? 0) + 1, reason.StartsWith("The input does not contain", StringComparison.Ordinal)
                ? "the file holds comments only: write an object { … }"
                : $"is not JSON from column {e.BytePositionInLine + 1} on: {reason}");
            return null;
        }
    }

    private ConfigNode ReadValue(ref Utf8JsonReader reader, string path, int? keyLine)
    {
        var start = (int)reader.TokenStartIndex;
        var line = keyLine ?? LineAt(start);
        var node = reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadObject(ref reader, path, line),
            JsonTokenType.StartArray => ReadArray(ref reader, path, line),
            JsonTokenType.String => new ConfigNode(path, line, JsonValueKind.String) { Text = ReadText(ref reader, path, line) },
            JsonTokenType.Number => new ConfigNode(path, line, JsonValueKind.Number) { Text = Encoding.UTF8.GetString(reader.ValueSpan) },
            JsonTokenType.True => new ConfigNode(path, line, JsonValueKind.True),
            JsonTokenType.False => new ConfigNode(path, line, JsonValueKind.False),
            _ => new ConfigNode(path, line, JsonValueKind.Null),
        };
        node.Json = _utf8[start..(int)reader.BytesConsumed];
        return node;
    }

    private ConfigNode ReadObject(ref Utf8JsonReader reader, string path, int line)
    {
        var node = new ConfigNode(path, line, JsonValueKind.Object);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var keyLine = LineAt((int)reader.TokenStartIndex);
            var key = ReadText(ref reader, path, keyLine);
            reader.Read();
            var value = ReadValue(ref reader, ConfigNode.PathOf(path, key), keyLine);
            if (!node.Members.TryAdd(key, value))
                _faults.Add(value, $"\"{key}\" stands here a second time, first on line {node[key]!.Line}: keep one of them");
        }

        return node;
    }

    private ConfigNode ReadArray(ref Utf8JsonReader reader, string path, int line)
    {
        var node = new ConfigNode(path, line, JsonValueKind.Array);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            node.Items.Add(ReadValue(ref reader, $"{path}[{node.Items.Count}]", null));

        return node;
    }

    private string ReadText(ref Utf8JsonReader reader, string path, int line)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            _faults.Add(path, line, "holds half a surrogate pair (\\ud800 to \\udfff alone): write the character itself");
            return "\uFFFD";
        }
    }

    // Tokens come in order, so each byte is counted once.
    private int LineAt(int offset)
    {
        _line += _utf8.Span[_counted..offset].Count((byte)'\n');
        _counted = offset;
        return _line;
    }
}
