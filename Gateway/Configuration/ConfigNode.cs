using System.Text.Json;
using System.Text.RegularExpressions;

namespace AngoGateway.Configuration;

/// <summary>One value of gateway.json with the place where it stands.</summary>
/// <param name="path">JSON path (RFC 9535).</param>
/// <param name="line">From 1; a member's is its key's.</param>
/// <param name="kind">Its JSON type.</param>
internal sealed partial class ConfigNode(string path, int line, JsonValueKind kind)
{
    public string Path { get; } = path;

    public int Line { get; } = line;

    public JsonValueKind Kind { get; } = kind;

    /// <summary>A string's text, unescaped; a number as written; else empty.</summary>
    public string Text { get; init; } = "";

    /// <summary>An object's members, each key once, in the order written.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = [];

    public List<ConfigNode> Items { get; } = [];

    /// <summary>The whole value as written, comments included.</summary>
    public ReadOnlyMemory<byte> Json { get; set; }

    public ConfigNode? this[string key] => Members.GetValueOrDefault(key);

    /// <summary>The strings of a list of texts, which may be one string or an array of them.</summary>
    public IEnumerable<ConfigNode> Texts =>
        (Kind == JsonValueKind.Array ? Items : [this]).Where(node => node.Kind == JsonValueKind.String);

    /// <summary>The deepest node that a JSON path relative to this one leads to.</summary>
    public ConfigNode Follow(string relativePath)
    {
        var node = this;
        foreach (Match step in Steps().Matches(relativePath))
        {
            var next = step.Groups["index"] is { Success: true } index
                ? node.Items.ElementAtOrDefault(int.Parse(index.ValueSpan))
                : node[step.Groups["key"].Value];
            if (next is null)
                break;

            node = next;
        }

        return node;
    }

    public static string PathOf(string parent, string key) =>
        PlainName().IsMatch(key) ? $"{parent}.{key}" : $"{parent}['{key.Replace("'", "\\'", StringComparison.Ordinal)}']";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.None, 1000)]
    private static partial Regex PlainName();

    [GeneratedRegex(@"\['(?<key>[^']*)'\]|\[(?<index>[0-9]{1,6})\]|\.(?<key>[^.\[]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Steps();
}
