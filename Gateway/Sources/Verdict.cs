namespace AngoGateway.Sources;

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

    /// <summary>Not the hex of an HMAC-SHA1 or HMAC-SHA256, not a bearer token, or more than one header.</summary>
    Malformed,

    /// <summary>Well-formed, but of no secret we hold.</summary>
    Mismatch,
}

/// <summary>Mistakes that are told apart so that the log can say what to mend; none of them is ever accepted.</summary>
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
