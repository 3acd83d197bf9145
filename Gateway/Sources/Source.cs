namespace AngoGateway.Sources;

/// <summary>A source as compiled: decides whether a request is from whom it says.</summary>
internal sealed class Source
{
    public string Name => throw new NotSupportedException();

    public string Path => throw new NotSupportedException();

    /// <summary>Used when the payload names no project.</summary>
    public string? Project => throw new NotSupportedException();

    public AuthType AuthType => throw new NotSupportedException();

    /// <summary>Name of the header that carries the signature; null for unsigned sources.</summary>
    public string? SignatureHeader => throw new NotSupportedException();

    /// <summary>Compiles a source whose configuration the loader has checked.</summary>
    /// <param name="name">Key of <c>sources</c>.</param>
    /// <param name="config">As written.</param>
    /// <param name="resolve">Turns a secret reference into the secret's bytes.</param>
    /// <param name="previous">The source of the same name before a reload: its rate limiter goes on when its limit is unchanged.</param>
    /// <param name="timeProvider">The clock of the rate limit and of the bound on diagnoses.</param>
    public static Source Compile(
        string name, SourceConfig config, Func<string, byte[]> resolve, Source? previous, TimeProvider timeProvider) =>
        throw new NotSupportedException();

    /// <summary>Begins to verify one request from its headers alone. The caller disposes the result.</summary>
    public Verification Begin(IHeaderDictionary headers) => throw new NotSupportedException();

    /// <summary>Takes one permit of the rate limit. Called for verified requests only.</summary>
    /// <param name="retryAfter">When refused: how long until a permit is free.</param>
    public bool TryAdmit(out TimeSpan retryAfter) => throw new NotSupportedException();
}

/// <summary>One request under verification: headers first, then the bytes as they arrive, then the verdict.</summary>
internal sealed class Verification : IDisposable
{
    /// <summary>Set when the headers alone decide: refused (missing, malformed, wrong token), so that the body need not be read.</summary>
    public Verdict? Refused => throw new NotSupportedException();

    /// <summary>The signature header's value as received, to be handed on to consumers; null for unsigned sources.</summary>
    public string? Signature => throw new NotSupportedException();

    /// <summary>Feeds the next bytes of the body.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    /// <summary>Compares in constant time after the last byte.</summary>
    /// <param name="payload">The whole body: only for telling which known mistake a mismatch was.</param>
    public Verdict Finish(ReadOnlySpan<byte> payload) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}

/// <summary>Whether a request is from whom it says.</summary>
/// <param name="Rejection">Null when verified.</param>
/// <param name="SecretIndex">When verified: which of the source's secrets or tokens matched (0 for <c>none</c>), so that a rotated one can be retired.</param>
/// <param name="Mistake">With <see cref="Rejection.Mismatch"/>: the known mistake that would have matched.</param>
internal readonly record struct Verdict(Rejection? Rejection, int SecretIndex = -1, KnownMistake Mistake = KnownMistake.None)
{
    public bool IsVerified => Rejection is null;
}

internal enum Rejection
{
    /// <summary>No signature or token header.</summary>
    Missing,

    /// <summary>Not hex of the right length, not a bearer token, or more than one header.</summary>
    Malformed,

    /// <summary>Well-formed, but of no secret we hold.</summary>
    Mismatch,
}

internal enum KnownMistake
{
    None,

    /// <summary>Signed with our secret, but with the other algorithm (SHA-256 for SHA-1 or the reverse).</summary>
    OtherAlgorithm,

    /// <summary>Signed over the body with a newline too many or too few at its end.</summary>
    TrailingNewline,

    /// <summary>Signed with a secret listed as retired.</summary>
    RetiredSecret,
}
