using System.Text;
using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary>Colours and progress bars for a person at a terminal, plain lines for everything else.</summary>
internal static class Terminal
{
    /// <summary>A width that nothing reaches.</summary>
    public const int NoWrap = 32_000;

    public static bool IsTerminal(TextWriter writer) => ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>A console on that writer: without escape sequences and never wrapping unless it is a terminal.</summary>
    public static IAnsiConsole On(TextWriter writer)
    {
        var isTerminal = IsTerminal(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
        {
            console.Profile.Width = NoWrap;
        }

        return console;
    }

    /// <summary>Text from outside, safe to print: control characters could steer the terminal, and directions of writing show another text.</summary>
    /// <param name="text">Payload text, a header, an answer.</param>
    /// <param name="limit">Longest result, in characters; the rest is cut.</param>
    /// <param name="keepLines">Lets line breaks and tabs through.</param>
    public static string Clean(string text, int limit = 200, bool keepLines = false)
    {
        var clean = new StringBuilder(Math.Min(text.Length, limit));
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, limit)))
        {
            var keep = !IsSteering(character) || (keepLines && character is '\n' or '\r' or '\t');
            clean.Append(keep ? character : '\uFFFD');
        }

        return text.Length > limit ? clean.Append('…').ToString() : clean.ToString();
    }

    // Besides control characters: line and paragraph separators, and the marks, embeddings, overrides and isolates that
    // change the direction of what follows (UAX #9).
    private static bool IsSteering(char character) => char.IsControl(character)
        || character is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
