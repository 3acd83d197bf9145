using System.Buffers;

namespace AngoGateway.Envelopes;

/// <summary>The untouched bytes of one webhook, in pooled memory. Dispose returns the memory; nothing may use it after.</summary>
internal sealed class Payload(int capacityHint = 0) : IDisposable
{
    // Below this a Content-Length is believed; above it memory follows the bytes that really arrived,
    // so that a header alone cannot make the gateway reserve the whole body cap.
    private const int BelievedLength = 64 * 1024;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(capacityHint, 4096, BelievedLength));

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(Payload));

    /// <summary>Free room for the next read, at least one byte; doubles the memory when it is full.</summary>
    public Memory<byte> Room()
    {
        if (Length == Buffer.Length)
        {
            Grow(Buffer.Length * 2);
        }

        return Buffer.AsMemory(Length);
    }

    /// <summary>Counts bytes written into <see cref="Room"/> as part of the payload.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Makes room for exactly <paramref name="length"/> bytes and counts them all as written: for a store that knows the size.</summary>
    public Span<byte> Fill(int length)
    {
        if (length > Buffer.Length)
        {
            Grow(length);
        }

        Length = length;
        return Buffer.AsSpan(0, length);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Grow(int capacity)
    {
        var larger = ArrayPool<byte>.Shared.Rent(capacity);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Buffer);
        _buffer = larger;
    }
}
