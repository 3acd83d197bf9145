using System.Security.Cryptography;

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
            return new EventKey(0, PartsDigest.Of([ContentKind], [source], content), ByContent: true);
        }

        ReadOnlySpan<string?> parts = [source, envelope.Project, envelope.TaskId, envelope.StageId ?? envelope.Stage, envelope.UpdatedAt];
        return new EventKey(envelope.UpdatedAtInstant?.ToUnixTimeMilliseconds() ?? 0, PartsDigest.Of([IdentityKind], parts, []));
    }
}
