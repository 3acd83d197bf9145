using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AngoGateway.Journal;

/// <summary>Makes the ids of events: UUID version 7 (RFC 9562, 5.7), so that they sort by the time of acceptance.</summary>
internal static class EventIds
{
    private const int Size = 16;

    // The kernel is asked for the randomness of so many at once: a call for each would cost as much as all the rest of it.
    private const int Stock = 64;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _used;

    /// <param name="at">Its first 48 bits, in Unix milliseconds; the other 74 that are free come from the system's random numbers.</param>
    public static Guid New(DateTimeOffset at)
    {
        var random = _random ??= new byte[Stock * Size];
        if (_used == 0)
        {
            RandomNumberGenerator.Fill(random);
        }

        Span<byte> bytes = random.AsSpan(_used, Size);
        _used = (_used + Size) % random.Length;
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x0FFFu));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }
}
