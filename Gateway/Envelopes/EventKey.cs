namespace AngoGateway.Envelopes;

/// <summary>An event's identity: (source, project, taskId, stageId or stage, updatedAt as written).</summary>
/// <param name="UpdatedAtMs">
/// Unix milliseconds of updatedAt, or 0 when it is absent or does not parse. It leads the key so that new keys land at
/// the right edge of the index; it is a function of the text, so it never decides identity by itself.
/// </param>
/// <param name="Digest">The first 16 bytes of SHA-256 over the length-prefixed parts.</param>
/// <param name="ByContent">True when taskId or updatedAt is missing and the key is the hash of the payload's bytes.</param>
internal readonly record struct EventKey(long UpdatedAtMs, UInt128 Digest, bool ByContent = false);
