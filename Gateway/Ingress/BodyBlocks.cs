using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace AngoGateway.Ingress;

/// <summary>
/// The memory that a connection's bytes arrive in: blocks of 64 KB in place of Kestrel's 4 KB, which take a large body in a
/// sixteenth of the system calls. A block is held while bytes are in it, not while a connection is idle.
/// </summary>
/// <remarks>
/// Anybody can make a connection hold one by sending the first byte of a request, so they are bounded all together: beyond that
/// blocks are as small as Kestrel's.
/// </remarks>
/// <param name="most">Large blocks in use at once.</param>
internal sealed class BodyBlocks(int most) : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    public const int Large = 64 * 1024;
    public const int Small = 4 * 1024;

    private const int LeastMost = 64;

    private int _large;

    /// <summary>Bounded by a sixty-fourth of what the process may use.</summary>
    public BodyBlocks()
        : this((int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 64 / Large, LeastMost, int.MaxValue))
    {
    }

    public override int MaxBufferSize => Shared.MaxBufferSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize > Large)
            return new Block(ArrayPool<byte>.Shared.Rent(minBufferSize), null);

        if (Interlocked.Increment(ref _large) <= most)
            return new Block(ArrayPool<byte>.Shared.Rent(Large), this);

        Interlocked.Decrement(ref _large);
        return new Block(ArrayPool<byte>.Shared.Rent(Math.Max(minBufferSize, Small)), null);
    }

    // It has nothing of its own: all blocks come from the process's shared arrays.
    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(byte[] array, BodyBlocks? counted) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is not { } returned)
                return;

            ArrayPool<byte>.Shared.Return(returned);
            if (counted is not null)
                Interlocked.Decrement(ref counted._large);
        }
    }
}
