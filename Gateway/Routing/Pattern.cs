namespace AngoGateway.Routing;

/// <summary>A text in which <c>*</c> stands for any run of characters, the empty one included; all else is literal.</summary>
/// <remarks>
/// There is no escape: a literal <c>*</c> in a name is matched by <c>*</c>. Each piece between two stars is searched once,
/// from the left, so the time is bounded by the text's length times the longest piece's; it never backtracks.
/// </remarks>
internal sealed class Pattern
{
    private readonly string _head;

    // Between the first star and the last, without empty pieces.
    private readonly string[] _middle;

    private readonly string _tail;

    private Pattern(string text, string head, string[] middle, string tail) =>
        (Text, _head, _middle, _tail) = (text, head, middle, tail);

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Whether it holds no star and so matches only itself.</summary>
    public bool IsExact => ReferenceEquals(_head, Text);

    public static Pattern Compile(string text)
    {
        var first = text.IndexOf('*');
        if (first < 0)
            return new Pattern(text, text, [], "");

        var last = text.LastIndexOf('*');
        var middle = text[first..last].Split('*', StringSplitOptions.RemoveEmptyEntries);
        return new Pattern(text, text[..first], middle, text[(last + 1)..]);
    }

    /// <summary>Whether the whole of <paramref name="value"/> matches. Allocates nothing.</summary>
    /// <param name="value">The text.</param>
    /// <param name="comparison"><see cref="StringComparison.Ordinal"/> for ids, OrdinalIgnoreCase for names.</param>
    public bool Matches(ReadOnlySpan<char> value, StringComparison comparison)
    {
        if (IsExact)
            return value.Equals(_head, comparison);

        // The length is compared first: head and tail must not share characters.
        if (value.Length < _head.Length + _tail.Length
            || !value.StartsWith(_head, comparison)
            || !value.EndsWith(_tail, comparison))
        {
            return false;
        }

        var rest = value[_head.Length..^_tail.Length];
        foreach (var piece in _middle)
        {
            var at = rest.IndexOf(piece, comparison);
            if (at < 0)
                return false;

            rest = rest[(at + piece.Length)..];
        }

        return true;
    }

    public override string ToString() => Text;
}
