using System.Globalization;

namespace AngoGateway.Envelopes;

/// <summary>Property names as they compare: after unescaping.</summary>
/// <remarks>
/// Utf8JsonReader's own comparison throws on half a surrogate pair in an escaped name. Such names are no business of
/// ours and are let through, and an exception for each would make a body full of them slow.
/// </remarks>
internal static class JsonKey
{
    /// <summary>Length of the longest name that is looked for, <c>batchNames</c>.</summary>
    public const int Longest = 10;

    private const int UnicodeEscapeLength = 6; // \u0041

    /// <summary>The name's bytes; empty when its escapes rule out that it is one we look for (all are short and ASCII).</summary>
    /// <param name="name">Between the quotes, as written; well-formed JSON.</param>
    /// <param name="escaped">Whether it holds a backslash.</param>
    /// <param name="scratch">Room for <see cref="Longest"/> bytes; holds the result when the name is escaped.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> name, bool escaped, Span<byte> scratch)
    {
        if (!escaped)
        {
            return name;
        }

        var length = 0;
        while (!name.IsEmpty)
        {
            var taken = 1;
            var character = (int)name[0];
            if (character == '\\')
            {
                // Of the escapes only \uXXXX can spell a letter.
                if (name[1] != (byte)'u')
                {
                    return [];
                }

                taken = UnicodeEscapeLength;
                character = int.Parse(name[2..UnicodeEscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }

            if (character > 0x7F || length == Longest)
            {
                return [];
            }

            scratch[length++] = (byte)character;
            name = name[taken..];
        }

        return scratch[..length];
    }
}
