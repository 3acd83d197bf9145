using System.Text.Json;
using AngoGateway.Configuration;

namespace AngoGateway.Operator;

/// <summary>A request's JSON object, read strictly: a doubled or unknown key and a value of another type are faults.</summary>
internal sealed class RequestBody
{
    // The largest request is a filter and some consumers' names.
    private const int MaxBytes = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly JsonElement _root;

    private RequestBody(JsonElement root) => _root = root;

    public List<string> Faults { get; } = [];

    /// <param name="request">An empty body counts as <c>{}</c>.</param>
    /// <param name="keys">Those that may be there.</param>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, params string[] keys)
    {
        var buffer = new byte[MaxBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        return Parse(buffer.AsMemory(0, length), keys);
    }

    /// <summary>The member, when it is there and an object; otherwise <c>{}</c>.</summary>
    public IEnumerable<(string Key, string? Text)> Filter(string key)
    {
        if (!TryGet(key, out var value))
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return value.EnumerateObject().Select(member => (member.Name, Text(member.Value)));
        }

        Faults.Add($"{key}: write an object, e.g. \"{key}\": {{ \"consumer\": \"training\" }}");
        return [];
    }

    public bool Flag(string key)
    {
        if (!TryGet(key, out var value) || value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.ValueKind == JsonValueKind.True;
        }

        Faults.Add($"{key}: write true or false");
        return false;
    }

    public int Number(string key, int least, int most, int otherwise)
    {
        if (!TryGet(key, out var value))
        {
            return otherwise;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }

        Faults.Add($"{key}: write a whole number from {least} to {most}");
        return otherwise;
    }

    /// <summary>One text or an array of different ones; null when it is not there.</summary>
    public string[]? Texts(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        if (items.Length == 0 || items.Any(item => item.ValueKind != JsonValueKind.String))
        {
            Faults.Add($"{key}: write a text or an array of them");
            return null;
        }

        var texts = Array.ConvertAll(items, item => item.GetString()!);
        if (texts.Distinct(StringComparer.Ordinal).Count() < texts.Length)
        {
            Faults.Add($"{key}: each name once");
        }

        return texts;
    }

    private static RequestBody Parse(ReadOnlyMemory<byte> bytes, string[] keys)
    {
        if (bytes.Length > MaxBytes)
        {
            return Broken($"the body is larger than {MaxBytes} bytes");
        }

        try
        {
            using var json = JsonDocument.Parse(bytes.IsEmpty ? "{}"u8.ToArray() : bytes, Strict);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Broken("the body is no JSON object: write { … }");
            }

            var body = new RequestBody(json.RootElement.Clone());
            body.Faults.AddRange(json.RootElement.EnumerateObject()
                .Where(member => !keys.Contains(member.Name))
                .Select(member => $"unknown key \"{member.Name}\": {Spelling.Advice(member.Name, keys)}"));
            return body;
        }
        catch (JsonException exception)
        {
            return Broken(exception.LineNumber is { } line ? $"the body is not JSON, see its line {line + 1}" : "the body is not JSON, or a key stands twice");
        }
    }

    private static RequestBody Broken(string fault) => new(JsonElement.Parse("{}")) { Faults = { fault } };

    private bool TryGet(string key, out JsonElement value) => _root.TryGetProperty(key, out value);

    // Null for what is neither text nor truth value: FilterReader says what to write instead.
    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };
}
