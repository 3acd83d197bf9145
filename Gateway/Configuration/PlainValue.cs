using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AngoGateway.Configuration;

/// <summary>Reads texts, numbers, flags, durations and choices whose JSON type already fits.</summary>
internal static partial class PlainValue
{
    public const string DurationPattern = @"^-?([0-9]{1,8}\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?\z";

    /// <param name="node">As written.</param>
    /// <param name="shape">What it must be.</param>
    /// <param name="fault">What is wrong, or null. Never repeats a text that could be a secret: only a choice's or duration's.</param>
    public static object? Read(ConfigNode node, ConfigShape shape, out string? fault)
    {
        fault = null;
        switch (shape.Kind)
        {
            case ConfigKind.Text:
                // No name, path, address or header can hold a NUL; most calls that take one throw.
                fault = node.Text.Length == 0 ? "is an empty text: write something, or leave it out"
                    : node.Text.Contains('\0') ? "holds the character NUL (\\u0000): leave it out"
                    : null;
                return node.Text;

            case ConfigKind.Flag:
                return node.Kind == JsonValueKind.True;

            case ConfigKind.Number:
                // A number beyond int is beyond every range that its key can have: the range's own fault says more.
                if (BigInteger.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                    return (int)BigInteger.Clamp(number, int.MinValue, int.MaxValue);

                fault = $"{Short(node.Text)} is no whole number: write one without fraction or exponent";
                return null;

            case ConfigKind.Duration:
                // TimeSpan's own reading takes "30" as thirty days: only the full form passes.
                if (Duration().IsMatch(node.Text) && TimeSpan.TryParseExact(node.Text, "c", CultureInfo.InvariantCulture, out var duration))
                    return duration;

                fault = $"\"{Short(node.Text)}\" is no duration: write {Suggested(node.Text) ?? shape.Words}";
                return null;

            default:
                if (shape.Choices.TryGetValue(node.Text, out var choice))
                    return choice;

                fault = Spelling.Nearest(node.Text, [.. shape.Choices.Keys]) is { } nearest
                    ? $"\"{Short(node.Text)}\" is unknown here: did you mean \"{nearest}\"? Allowed: {Spelling.List(shape.Choices.Keys)}"
                    : $"\"{Short(node.Text)}\" is unknown here: write {shape.Words}";
                return null;
        }
    }

    /// <summary>As it is written in the file.</summary>
    public static string InWords(object value) => value is TimeSpan duration
        ? $"\"{(duration.Milliseconds == 0 ? $"{duration:c}" : $"{duration:c}".TrimEnd('0'))}\""
        : $"{value}";

    // "30s", "30 sec", "5m", "1.5h", "7d": what people write at first.
    private static string? Suggested(string text)
    {
        if (Habit().Match(text) is not { Success: true } match
            || !double.TryParse(match.Groups["n"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n)
            || n > 1e6)
            return null;

        var duration = match.Groups["unit"].ValueSpan switch
        {
            "ms" => TimeSpan.FromMilliseconds(n),
            ['s', ..] => TimeSpan.FromSeconds(n),
            ['m', ..] => TimeSpan.FromMinutes(n),
            ['h', ..] => TimeSpan.FromHours(n),
            _ => TimeSpan.FromDays(n),
        };
        return $"\"{duration:c}\"";
    }

    private static string Short(string text) => text.Length <= 64 ? text : text[..64] + "…";

    [GeneratedRegex(DurationPattern, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Duration();

    [GeneratedRegex(@"^(?<n>[0-9]+(\.[0-9]+)?) ?(?<unit>ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Habit();
}
