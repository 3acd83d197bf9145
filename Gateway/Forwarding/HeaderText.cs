using System.Buffers;

namespace AngoGateway.Forwarding;

/// <summary>
/// Text from a payload as a header value: the UTF-8 of everything outside 0x21–0x7E, and of <c>%</c> itself, is
/// percent-encoded (RFC 3986, 2.1). Without it "Révision" could not be sent at all, and CR LF would begin a new header.
/// </summary>
internal static class HeaderText
{
    /// <summary>Longest value in bytes: a dozen headers of this size fit the 8 KB that servers commonly allow for all of them.</summary>
    public const int MaxLength = 512;

    private const string Hex = "0123456789ABCDEF";

    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(c => (char)c).Where(c => c != '%')]);

    /// <summary>Encodes as many whole characters as fit into <see cref="MaxLength"/>; a lone surrogate becomes U+FFFD.</summary>
    public static string Encode(string text)
    {
        // Ids and names of sources: nothing to encode.
        if (text.Length <= MaxLength && !text.AsSpan().ContainsAnyExcept(Plain))
            return text;

        Span<char> encoded = stackalloc char[MaxLength];
        Span<byte> utf8 = stackalloc byte[4];
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= 0x21 and <= 0x7E and not '%')
            {
                if (length == MaxLength)
                    break;
                encoded[length++] = (char)rune.Value;
                continue;
            }

            var bytes = rune.EncodeToUtf8(utf8);
            if (length + 3 * bytes > MaxLength)
                break;
            foreach (var b in utf8[..bytes])
            {
                encoded[length++] = '%';
                encoded[length++] = Hex[b >> 4];
                encoded[length++] = Hex[b & 0xF];
            }
        }

        return new string(encoded[..length]);
    }
}
