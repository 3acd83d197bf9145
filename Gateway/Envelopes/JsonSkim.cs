using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AngoGateway.Envelopes;

/// <summary>
/// Finds the end of an object or an array without reading what is in it: strings are told apart and brackets counted, 64 bytes
/// at a time (after Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019, section 3.1).
/// </summary>
internal static class JsonSkim
{
    private const int Block = 64;
    private const ulong EvenBits = 0x5555_5555_5555_5555;

    // Of '{' and '}', and not of '[' and ']'.
    private const byte KindBit = 0x20;

    /// <param name="json">All of it.</param>
    /// <param name="start">Where the value's own bracket stands.</param>
    /// <param name="deepest">Levels that may be open at once, this one included.</param>
    /// <returns>
    /// Where the value ends; negative when it does not, nests deeper, closes brackets of another kind than it opens, or has a
    /// control character in a string: whoever wants to know reads it strictly.
    /// </returns>
    public static int EndOf(ReadOnlySpan<byte> json, int start, int deepest)
    {
        var open = default(OpenBrackets);
        var strings = default(Strings);
        for (var at = start; at < json.Length; at += Block)
        {
            var bytes = json.Length - at >= Block ? Vector512.Create(json.Slice(at, Block)) : Last(json[at..]);
            var inside = strings.Next(Bits(bytes, '"'), Bits(bytes, '\\'));
            if ((inside & Vector512.LessThan(bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits()) != 0)
                return -1;

            // Brackets of the two kinds differ in one bit.
            var folded = bytes | Vector512.Create(KindBit);
            var end = open.Take(
                Bits(folded, '{') & ~inside, Bits(folded, '}') & ~inside, HasKindBit(bytes), deepest);
            if (end < Block)
                return end < 0 ? -1 : at + end + 1;
        }

        return -1;
    }

    private static Vector512<byte> Last(ReadOnlySpan<byte> rest)
    {
        Span<byte> filled = stackalloc byte[Block];
        filled.Fill((byte)' ');
        rest.CopyTo(filled);
        return Vector512.Create<byte>(filled);
    }

    private static ulong Bits(Vector512<byte> bytes, char character) =>
        Vector512.Equals(bytes, Vector512.Create((byte)character)).ExtractMostSignificantBits();

    // Shifted to the highest bit of its byte.
    private static ulong HasKindBit(Vector512<byte> bytes) =>
        Vector512.ShiftLeft(bytes.AsUInt16(), 2).AsByte().ExtractMostSignificantBits();

    /// <summary>Which bytes are within strings, from block to block.</summary>
    private struct Strings
    {
        private ulong _escaped;
        private ulong _open;

        /// <returns>The bytes of strings, their first quote included and their last one not.</returns>
        public ulong Next(ulong quotes, ulong backslashes)
        {
            var bounds = quotes & ~Escaped(backslashes);
            var inside = WithAllBefore(bounds) ^ _open;
            _open = (ulong)((long)inside >> (Block - 1));
            return inside;
        }

        // What follows an odd number of backslashes.
        private ulong Escaped(ulong backslashes)
        {
            if (backslashes == 0)
            {
                var carried = _escaped;
                _escaped = 0;
                return carried;
            }

            backslashes &= ~_escaped;
            var after = (backslashes << 1) | _escaped;
            var oddStarts = backslashes & ~EvenBits & ~after;
            var sum = unchecked(oddStarts + backslashes);
            _escaped = sum < oddStarts ? 1UL : 0;
            return (EvenBits ^ (sum << 1)) & after;
        }

        // Each bit is the parity of all bits up to it.
        private static ulong WithAllBefore(ulong bits)
        {
            if (Pclmulqdq.IsSupported)
                return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();

            for (var shift = 1; shift < Block; shift *= 2)
                bits ^= bits << shift;

            return bits;
        }
    }

    /// <summary>How many brackets are open, and how many of them are curly.</summary>
    private struct OpenBrackets
    {
        private int _depth;
        private int _curly;

        /// <returns>The bit of the last bracket; negative when it is of the other kind or the nesting too deep; <see cref="Block"/>: there is more.</returns>
        public int Take(ulong opening, ulong closing, ulong curly, int deepest)
        {
            var (opened, closed) = (BitOperations.PopCount(opening), BitOperations.PopCount(closing));
            if (_depth <= closed || _depth + opened > deepest)
            {
                var end = Walk(opening, closing, curly, deepest);
                if (end < Block)
                    return end;
            }

            _depth += opened - closed;
            _curly += BitOperations.PopCount(opening & curly) - BitOperations.PopCount(closing & curly);
            return Block;
        }

        // From one closing bracket to the next: it is deepest before one of them, or at the end.
        private readonly int Walk(ulong opening, ulong closing, ulong curly, int deepest)
        {
            var depth = _depth;
            for (var left = closing; left != 0; left &= left - 1)
            {
                var bit = BitOperations.TrailingZeroCount(left);
                var level = depth + BitOperations.PopCount(opening & ((1UL << bit) - 1));
                if (level > deepest)
                    return -1;

                if (level == 1)
                {
                    var upTo = curly & (ulong.MaxValue >> (Block - 1 - bit));
                    return _curly + BitOperations.PopCount(opening & upTo) == BitOperations.PopCount(closing & upTo) ? bit : -1;
                }

                depth--;
            }

            return depth + BitOperations.PopCount(opening) > deepest ? -1 : Block;
        }
    }
}
