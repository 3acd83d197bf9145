using System.Buffers;
using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>
/// An event's bytes in memory, in an array of the shared pool: where as many events leave as come, those of the ones take up
/// those of the others, and none is moved from one generation of the heap to the next.
/// </summary>
internal readonly struct MemoryPayload
{
    private readonly byte[] _array;

    public MemoryPayload(ReadOnlySpan<byte> bytes)
    {
        _array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        Length = bytes.Length;
        bytes.CopyTo(_array);
    }

    public int Length { get; }

    public Payload Copy()
    {
        var payload = new Payload(Length);
        _array.AsSpan(0, Length).CopyTo(payload.Fill(Length));
        return payload;
    }

    /// <summary>Once, when nobody can ask for a copy any more.</summary>
    public void Free() => ArrayPool<byte>.Shared.Return(_array);
}
