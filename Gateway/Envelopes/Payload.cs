using System.Buffers;

namespace AngoGateway.Envelopes;

/// <summary>The untouched bytes of one webhook, in pooled memory. Dispose returns the memory; nothing may use it after.</summary>
/// <param name="capacityHint">Length if it is known. Believed up to 64 KiB.</param>
/// <param name="budget">What it may grow within beyond its first buffer; null: no bound.</param>
internal sealed class Payload(int capacityHint = 0, PayloadBudget? budget = null) : IDisposable
{
    // Below this a Content-Length is believed; above it memory follows the bytes that really arrived,
    // so that a header alone cannot make the gateway reserve the whole body cap.
    private const int BelievedLength = 64 * 1024;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(capacityHint, 4096, BelievedLength));
    private int _taken;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(Payload));

    /// <summary>Free room for the next read; doubles the memory when it is full.</summary>
    /// <param name="room">At least one byte.</param>
    /// <returns>False when the budget has nothing left.</returns>
    public bool TryMakeRoom(out Memory<byte> room)
    {
        if (Length == Buffer.Length && !TryGrow(Buffer.Length * 2))
        {
            room = default;
            return false;
        }

        room = Buffer.AsMemory(Length);
        return true;
    }

    /// <summary>Counts bytes written into the room as part of the payload.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Makes room for exactly <paramref name="length"/> bytes and counts them all as written: for a store that knows the size.</summary>
    public Span<byte> Fill(int length)
    {
        if (length > Buffer.Length && !TryGrow(length))
            throw new InvalidOperationException("A stored payload is read without a budget.");

        Length = length;
        return Buffer.AsSpan(0, length);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is not { } buffer)
            return;

        ArrayPool<byte>.Shared.Return(buffer);
        budget?.Return(_taken);
    }

    private bool TryGrow(int capacity)
    {
        var more = capacity - Buffer.Length;
        if (budget?.TryTake(more) == false)
            return false;

        _taken += more;
        var larger = ArrayPool<byte>.Shared.Rent(capacity);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Buffer);
        _buffer = larger;
        return true;
    }
}
