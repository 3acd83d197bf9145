using System.Buffers;

namespace AngoGateway.Envelopes;

/// <summary>
/// The untouched bytes of one webhook, in pooled memory. Whoever made it and whoever shares it disposes of it once; the last of them
/// returns the memory. Nothing is written once it is shared.
/// </summary>
/// <param name="capacityHint">Length if it is known. Believed up to 64 KiB at first, later up to eight times of what has arrived.</param>
/// <param name="budget">What it may grow within beyond its first buffer, until the first of them is done with it; null: no bound.</param>
internal sealed class Payload(int capacityHint = 0, PayloadBudget? budget = null) : IDisposable
{
    // Below this a Content-Length is believed; above it memory follows the bytes that really arrived,
    // so that a header alone cannot make the gateway reserve the whole body cap.
    private const int BelievedLength = 64 * 1024;

    // Each growth copies what is there: by twos that is as much again as the whole.
    private const int BelievedGrowth = 8;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(capacityHint, 4096, BelievedLength));
    private int _taken;
    private int _sharers = 1;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    /// <summary>Bytes of memory that it holds.</summary>
    public int Capacity => Buffer.Length;

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(Payload));

    /// <summary>A copy, without a budget.</summary>
    public static Payload Of(ReadOnlySpan<byte> bytes)
    {
        var payload = new Payload(bytes.Length);
        bytes.CopyTo(payload.Fill(bytes.Length));
        return payload;
    }

    /// <summary>One more who disposes of it. Only for those who have not done so yet.</summary>
    public Payload Share()
    {
        Interlocked.Increment(ref _sharers);
        return this;
    }

    /// <summary>Free room for the next read; takes more memory when it is full.</summary>
    /// <param name="room">At least one byte.</param>
    /// <returns>False when the budget has nothing left.</returns>
    public bool TryMakeRoom(out Memory<byte> room)
    {
        if (Length == Buffer.Length && !TryGrow(NextCapacity()))
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
        // Whoever shares it, to keep or to send it, has a bound of its own.
        budget?.Return(Interlocked.Exchange(ref _taken, 0));
        if (Interlocked.Decrement(ref _sharers) == 0 && Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private int NextCapacity() => capacityHint > Buffer.Length
        ? (int)Math.Min(capacityHint, (long)Buffer.Length * BelievedGrowth)
        : Buffer.Length * 2;

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
