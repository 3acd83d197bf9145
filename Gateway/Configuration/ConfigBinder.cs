using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AngoGateway.Configuration;

/// <summary>Turns nodes into config records by their shape. Strict, and never stops at the first fault.</summary>
internal sealed class ConfigBinder(ConfigFaults faults)
{
    /// <returns>The value; after a fault a part of it or null, which only further checks may look at.</returns>
    public object? Bind(ConfigNode node, ConfigShape shape, IReadOnlyList<ValidationAttribute> rules)
    {
        if (!Fits(node.Kind, shape.Kind))
        {
            faults.Add(node, node.Kind == JsonValueKind.Null
                ? $"is null, which says nothing: write {shape.Words}, or leave it out"
                : $"is {InWords(node.Kind)}: write {shape.Words}");
            return null;
        }

        return shape.Kind switch
        {
            ConfigKind.Record => BindRecord(node, shape),
            ConfigKind.Map => BindMap(node, shape),
            ConfigKind.List => BindList(node, shape),
            ConfigKind.Texts => BindTexts(node, shape, rules),
            ConfigKind.Open => JsonElement.Parse(node.Json.Span, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }),
            _ => BindPlain(node, shape, rules),
        };
    }

    private object BindRecord(ConfigNode node, ConfigShape shape)
    {
        foreach (var (key, value) in node.Members)
        {
            if (!shape.Members.Any(member => member.Key == key))
                faults.Add(value, $"unknown key \"{key}\": {Spelling.Advice(key, [.. shape.Members.Select(member => member.Key)])}");
        }

        var broken = new HashSet<string>();
        var arguments = shape.Members.Select(member =>
        {
            var before = faults.Count;
            var value = member.Parameter.DefaultValue;
            if (node[member.Key] is { } child)
                value = Bind(child, member.Shape, member.Rules);
            else if (member.IsRequired)
                faults.Add(node, member.MissingMessage);

            if (faults.Count == before)
                return value;

            broken.Add(member.Parameter.Name!);
            return value is null or DBNull ? member.Shape.Blank : value;
        }).ToArray();

        var record = shape.Create(arguments);
        CheckWhole(node, shape, record, broken);
        return record;
    }

    // Rules between keys live in the record itself; one that looks at a broken key would only repeat that key's fault.
    private void CheckWhole(ConfigNode node, ConfigShape shape, object record, HashSet<string> broken)
    {
        if (record is not IValidatableObject whole)
            return;

        foreach (var result in whole.Validate(new ValidationContext(record)))
        {
            if (result.MemberNames.Any(broken.Contains))
                continue;

            var subject = shape.Members.First(member => member.Parameter.Name == result.MemberNames.First());
            faults.Add(node[subject.Key] ?? node, result.ErrorMessage!);
        }
    }

    private object BindMap(ConfigNode node, ConfigShape shape)
    {
        var map = (System.Collections.IDictionary)Activator.CreateInstance(shape.Type)!;
        foreach (var (name, value) in node.Members)
        {
            if (!Regex.IsMatch(name, ConfigShape.NamePattern, RegexOptions.None, TimeSpan.FromSeconds(1)) || name.EndsWith('\n'))
                faults.Add(value, "is no name: write 1 to 64 of the characters A-Z a-z 0-9 . _ -");

            map[name] = Bind(value, shape.Item!, []);
        }

        return map;
    }

    private Array BindList(ConfigNode node, ConfigShape shape)
    {
        var list = Array.CreateInstance(shape.Type, node.Items.Count);
        for (var i = 0; i < list.Length; i++)
            list.SetValue(Bind(node.Items[i], shape.Item!, []), i);

        return list;
    }

    private string[] BindTexts(ConfigNode node, ConfigShape shape, IReadOnlyList<ValidationAttribute> rules)
    {
        if (node.Kind == JsonValueKind.String)
            return [BindPlain(node, ConfigShape.Of(shape.Type), rules) as string ?? ""];

        if (node.Items.Count == 0)
            faults.Add(node, "is an empty array: write at least one text, or leave it out");

        var texts = new List<string>();
        var seen = new HashSet<string>();
        foreach (var item in node.Items)
        {
            if (Bind(item, ConfigShape.Of(shape.Type), rules) is not string text)
                continue;

            texts.Add(text);
            if (!seen.Add(text))
                faults.Add(item, "stands in this array a second time: once is enough");
        }

        return [.. texts];
    }

    private object? BindPlain(ConfigNode node, ConfigShape shape, IReadOnlyList<ValidationAttribute> rules)
    {
        var value = PlainValue.Read(node, shape, out var fault);
        if (fault is not null)
        {
            faults.Add(node, fault);
            return null;
        }

        foreach (var rule in rules.Where(rule => !rule.IsValid(value)))
        {
            faults.Add(node, rule is RangeAttribute range
                ? $"is out of range: write {PlainValue.InWords(range.Minimum)} to {PlainValue.InWords(range.Maximum)}"
                : rule.FormatErrorMessage(node.Path));
        }

        return value;
    }

    private static bool Fits(JsonValueKind written, ConfigKind wanted) => wanted switch
    {
        ConfigKind.Record or ConfigKind.Map or ConfigKind.Open => written == JsonValueKind.Object,
        ConfigKind.List => written == JsonValueKind.Array,
        ConfigKind.Texts => written is JsonValueKind.String or JsonValueKind.Array,
        ConfigKind.Number => written == JsonValueKind.Number,
        ConfigKind.Flag => written is JsonValueKind.True or JsonValueKind.False,
        _ => written == JsonValueKind.String,
    };

    private static string InWords(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => "true or false",
    };
}
