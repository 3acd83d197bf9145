using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AngoGateway.Configuration;

namespace AngoGateway.Tests.Configuration;

/// <summary>docs/gateway.schema.json, written from the shape that the reader goes by; the words come from the records' docstrings.</summary>
internal static partial class SchemaDocument
{
    private static readonly XDocument Docs =
        XDocument.Load(Path.ChangeExtension(typeof(ConfigShape).Assembly.Location, ".xml"));

    public static string Text()
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "gateway.json of AngoGateway",
        };
        foreach (var (key, value) in Of(ConfigShape.Root, []).ToList())
            root[key] = value?.DeepClone();

        var options = new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return root.ToJsonString(options).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Of(ConfigShape shape, IReadOnlyList<ValidationAttribute> rules) => shape.Kind switch
    {
        ConfigKind.Record => Record(shape),
        ConfigKind.Map => new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = ConfigShape.NamePattern },
            ["additionalProperties"] = Of(shape.Item!, []),
        },
        ConfigKind.List => new JsonObject { ["type"] = "array", ["items"] = Of(shape.Item!, []) },
        ConfigKind.Texts => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                TextOf(rules),
                new JsonObject { ["type"] = "array", ["items"] = TextOf(rules), ["minItems"] = 1, ["uniqueItems"] = true }),
        },
        ConfigKind.Text => TextOf(rules),
        ConfigKind.Number => Number(rules),
        ConfigKind.Flag => new JsonObject { ["type"] = "boolean" },
        ConfigKind.Duration => new JsonObject { ["type"] = "string", ["pattern"] = PlainValue.DurationPattern.Replace(@"\z", "$", StringComparison.Ordinal) },
        ConfigKind.Choice => new JsonObject { ["enum"] = new JsonArray([.. shape.Choices.Keys.Select(name => JsonValue.Create(name))]) },
        _ => new JsonObject { ["type"] = "object" },
    };

    private static JsonObject Record(ConfigShape shape)
    {
        var properties = new JsonObject();
        foreach (var member in shape.Members)
        {
            var schema = new JsonObject { ["description"] = Description(member) };
            foreach (var (key, value) in Of(member.Shape, member.Rules))
                schema[key] = value?.DeepClone();

            if (DefaultOf(member) is { } shown)
                schema["default"] = shown;

            properties[member.Key] = schema;
        }

        var required = shape.Members.Where(member => member.IsRequired).Select(member => JsonValue.Create(member.Key)).ToArray();
        var record = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Length > 0)
            record["required"] = new JsonArray(required);

        return record;
    }

    private static JsonObject TextOf(IReadOnlyList<ValidationAttribute> rules)
    {
        var text = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
        if (rules.OfType<RegularExpressionAttribute>().FirstOrDefault() is { } rule)
            text["pattern"] = rule.Pattern;

        return text;
    }

    private static JsonObject Number(IReadOnlyList<ValidationAttribute> rules)
    {
        var range = rules.OfType<RangeAttribute>().Single();
        return new() { ["type"] = "integer", ["minimum"] = (int)range.Minimum, ["maximum"] = (int)range.Maximum };
    }

    internal static JsonNode? DefaultOf(ConfigMember member)
    {
        var written = member.Parameter.Member.DeclaringType!.GetProperty(member.Parameter.Name!)!.GetCustomAttribute<DefaultValueAttribute>()?.Value;
        return (written ?? (member.IsRequired ? null : member.Parameter.DefaultValue)) switch
        {
            null => null,
            Enum value => member.Shape.Choices.First(choice => choice.Value.Equals(value)).Key,
            string text => text,
            int number => number,
            bool flag => flag,
            var other => throw new NotSupportedException($"A default of type {other.GetType()} at {member.Key}."),
        };
    }

    private static string Description(ConfigMember member)
    {
        var type = $"T:{member.Parameter.Member.DeclaringType!.FullName}";
        var param = Docs.Descendants("member").Single(doc => (string?)doc.Attribute("name") == type)
            .Elements("param").Single(doc => (string?)doc.Attribute("name") == member.Parameter.Name);
        foreach (var reference in param.Descendants().Where(element => element.IsEmpty).ToList())
            reference.ReplaceWith(((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? "").Split('.')[^1]);

        var text = Blanks().Replace(param.Value, " ").Trim();
        return member.Shape.Kind == ConfigKind.Duration && member.Rules.OfType<RangeAttribute>().FirstOrDefault() is { } range
            ? $"{text} From {PlainValue.InWords(range.Minimum)} to {PlainValue.InWords(range.Maximum)}."
            : text;
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();
}
