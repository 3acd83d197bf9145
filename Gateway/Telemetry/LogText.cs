using System.Text;

namespace AngoGateway.Telemetry;

/// <summary>Payload text for a log line: people choose the names of stages, and a line break in one would forge a line.</summary>
internal static class LogText
{
    private const int Longest = 256;

    /// <summary>The text with control characters as \uXXXX, cut after 256 characters; the text itself when it needs neither.</summary>
    public static string? Of(string? text)
    {
        if (text is null || (text.Length <= Longest && !text.Any(Breaks)))
            return text;

        var line = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (Breaks(c))
                line.Append($"\\u{(int)c:x4}");
            else
                line.Append(c);
        }

        return text.Length > Longest ? line.Append('…').ToString() : line.ToString();
    }

    private static bool Breaks(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
