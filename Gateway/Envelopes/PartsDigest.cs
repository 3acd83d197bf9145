using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Envelopes;

/// <summary>The first 16 bytes of a SHA-256 over texts that cannot run into each other.</summary>
internal static class PartsDigest
{
    // The parts of a real event take about 150 bytes.
    private const int StackBytes = 512;

    /// <summary>Digests a head, then each part as big-endian int32 length (-1: absent) and UTF-8, then a tail. Stored: it never changes.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> head, ReadOnlySpan<string?> parts, ReadOnlySpan<byte> tail)
    {
        var size = head.Length + tail.Length;
        foreach (var part in parts)
        {
            size += sizeof(int) + (part is null ? 0 : Encoding.UTF8.GetByteCount(part));
        }

        var rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> buffer = rented is null ? stackalloc byte[StackBytes] : rented;
        head.CopyTo(buffer);
        var at = head.Length;
        foreach (var part in parts)
        {
            var length = part is null ? -1 : Encoding.UTF8.GetBytes(part, buffer[(at + sizeof(int))..]);
            BinaryPrimitives.WriteInt32BigEndian(buffer[at..], length);
            at += sizeof(int) + Math.Max(length, 0);
        }

        tail.CopyTo(buffer[at..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer[..size], digest);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
