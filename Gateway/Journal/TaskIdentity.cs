using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Journal;

/// <summary>Which task an event is about, and how new it is: what order and supersession go by.</summary>
/// <param name="Task">Of source, project and taskId; null without a taskId.</param>
/// <param name="UpdatedUs">updatedAt in Unix microseconds; null when absent or not a time.</param>
internal readonly record struct TaskIdentity(UInt128? Task, long? UpdatedUs)
{
    // Before every time, so that an event without one comes first.
    private const long Untimed = long.MinValue;

    public static TaskIdentity Of(StoredEvent @event) => new(
        @event.Envelope.TaskId is null ? null : Digest(Bytes(@event.Source), Bytes(@event.Envelope.Project), Bytes(@event.Envelope.TaskId)),
        Microseconds(@event.Envelope.UpdatedAtInstant));

    /// <summary>The task at one stage; null without a taskId.</summary>
    public static UInt128? AtStage(StoredEvent @event) => @event.Envelope.TaskId is null
        ? null
        : Digest(Bytes(@event.Source), Bytes(@event.Envelope.Project), Bytes(@event.Envelope.TaskId), Bytes(StageOf(@event)));

    /// <summary>The stage as in the event key.</summary>
    public static string? StageOf(StoredEvent @event) => @event.Envelope.StageId ?? @event.Envelope.Stage;

    public static long? Microseconds(DateTimeOffset? instant) =>
        instant is { } at ? (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond : null;

    /// <summary>The place of a delivery among those of its task.</summary>
    public static (long UpdatedUs, long Seq, int Replay) Place(long? updatedUs, long seq, int replay) => (updatedUs ?? Untimed, seq, replay);

    /// <summary>The first 16 bytes of SHA-256 over each part as big-endian int32 length (-1: absent) and bytes. Stored: it never changes.</summary>
    public static UInt128 Digest(params ReadOnlySpan<byte[]?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes, part?.Length ?? -1);
            hash.AppendData(bytes[..sizeof(int)]);
            hash.AppendData(part.AsSpan());
        }

        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
