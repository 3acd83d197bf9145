using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Envelopes;

/// <summary>An event's identity: (source, project, taskId, stageId or stage, updatedAt as written).</summary>
/// <param name="UpdatedAtMs">
/// Unix milliseconds of updatedAt, or 0 when it is absent or does not parse. It leads the key so that new keys land at
/// the right edge of the index; it is a function of the text, so it never decides identity by itself.
/// </param>
/// <param name="Digest">The first 16 bytes of SHA-256 over the length-prefixed parts.</param>
/// <param name="ByContent">True when taskId or updatedAt is missing and the key is the hash of the payload's bytes.</param>
internal readonly record struct EventKey(long UpdatedAtMs, UInt128 Digest, bool ByContent = false)
{
    // Keys are stored: these bytes and the layout below never change, or every remembered event becomes new.
    private const byte IdentityKind = 1;
    private const byte ContentKind = 2;

    // The parts of a real event take about 150 bytes.
    private const int StackBytes = 512;

    /// <summary>Makes the key of one event.</summary>
    /// <param name="source">Name of its source.</param>
    /// <param name="envelope">Its project already filled in from the source where the payload names none.</param>
    /// <param name="payload">Hashed only when the envelope names no task or no updatedAt.</param>
    public static EventKey Of(string source, Envelope envelope, ReadOnlySpan<byte> payload)
    {
        if (envelope.TaskId is null || envelope.UpdatedAt is null)
        {
            // The hash of a hash: as collision-free as hashing (source, payload), without gluing them together.
            Span<byte> content = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(payload, content);
            return new EventKey(0, DigestOf(ContentKind, [source], content), ByContent: true);
        }

        ReadOnlySpan<string?> parts = [source, envelope.Project, envelope.TaskId, envelope.StageId ?? envelope.Stage, envelope.UpdatedAt];
        return new EventKey(envelope.UpdatedAtInstant?.ToUnixTimeMilliseconds() ?? 0, DigestOf(IdentityKind, parts, []));
    }

    /// <summary>SHA-256 over kind, then each part as big-endian int32 length (-1: absent) and UTF-8, then the tail.</summary>
    private static UInt128 DigestOf(byte kind, ReadOnlySpan<string?> parts, ReadOnlySpan<byte> tail)
    {
        var size = 1 + tail.Length;
        foreach (var part in parts)
        {
            size += sizeof(int) + (part is null ? 0 : Encoding.UTF8.GetByteCount(part));
        }

        var rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> buffer = rented is null ? stackalloc byte[StackBytes] : rented;
        buffer[0] = kind;
        var at = 1;
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
