using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace AngoGateway.Ingress;

/// <summary>
/// The memory that a connection's bytes arrive in: blocks of 64 KB in place of Kestrel's 4 KB, which take a large body in a
/// sixteenth of the system calls. A block is held while bytes are in it, not while a connection is idle.
/// </summary>
internal sealed class BodyBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    public const int BlockSize = 64 * 1024;

    public override int MaxBufferSize => Shared.MaxBufferSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

    // It has nothing of its own: all blocks come from the process's shared arrays.
    protected override void Dispose(bool disposing)
    {
    }
}
