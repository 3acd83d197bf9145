using System.Globalization;

namespace AngoGateway.Envelopes;

/// <summary>Reads the instants that Ango Hub writes: ISO 8601, extended format, with date and time.</summary>
internal static class IsoInstant
{
    // The longest form with seven fractional digits is 33 characters; a text far beyond that is not an instant.
    private const int LongestText = 64;

    // A DateTimeOffset counts 100 ns: seven fractional digits.
    private const int MaxFractionDigits = 7;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <summary>Parses <c>2025-03-11T08:41:17.566Z</c> and the like: <c>Z</c>, an offset, or nothing (UTC).</summary>
    /// <returns>Null when absent or anything else; fractional digits beyond the seventh are cut off.</returns>
    public static DateTimeOffset? Parse(string? text)
    {
        if (text is null || text.Length > LongestText)
        {
            return null;
        }

        Span<char> shortened = stackalloc char[text.Length];
        return DateTimeOffset.TryParseExact(
            CutFraction(text, shortened), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : null;
    }

    private static ReadOnlySpan<char> CutFraction(ReadOnlySpan<char> text, Span<char> shortened)
    {
        var fraction = text.IndexOf('.') + 1;
        var digits = 0;
        while (fraction > 0 && fraction + digits < text.Length && char.IsAsciiDigit(text[fraction + digits]))
        {
            digits++;
        }

        if (digits <= MaxFractionDigits)
        {
            return text;
        }

        text[..(fraction + MaxFractionDigits)].CopyTo(shortened);
        text[(fraction + digits)..].CopyTo(shortened[(fraction + MaxFractionDigits)..]);
        return shortened[..(text.Length - digits + MaxFractionDigits)];
    }
}
