namespace AngoGateway.Sources;

/// <summary>One request under verification: headers first, then the bytes as they arrive, then the verdict.</summary>
/// <remarks>Used by one request at a time, and disposed only when nothing appends any more: its MACs go back to a pool.</remarks>
internal sealed class Verification : IDisposable
{
    private readonly Verdict? _decided;
    private readonly SignatureVerifier? _verifier;
    private readonly SignatureClaim _claim;
    private MacSet? _macs;

    /// <summary>A verdict that the headers alone gave.</summary>
    public Verification(Verdict decided) => _decided = decided;

    /// <summary>A signature to be checked against the body.</summary>
    /// <param name="verifier">Judges at the end.</param>
    /// <param name="claim">What the header says.</param>
    /// <param name="macs">Returned to the verifier on Dispose; null when the claim cannot match.</param>
    public Verification(SignatureVerifier verifier, SignatureClaim claim, MacSet? macs)
    {
        _verifier = verifier;
        _claim = claim;
        _macs = macs;
    }

    /// <summary>Set when the headers alone decide: refused (missing, malformed, wrong token), so that the body need not be read.</summary>
    public Verdict? Refused => _decided is { IsVerified: false } ? _decided : null;

    /// <summary>The signature header's value as received, to be handed on to consumers; null for unsigned sources.</summary>
    public string? Signature => _claim.Value;

    /// <summary>Feeds the next bytes of the body.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _macs?.Append(bytes);

    /// <summary>Compares in constant time after the last byte. Called once.</summary>
    /// <param name="payload">The whole body: only for telling which known mistake a mismatch was.</param>
    public Verdict Finish(ReadOnlySpan<byte> payload) => _decided ?? _verifier!.Judge(_claim, _macs, payload);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _macs, null) is { } macs)
        {
            _verifier!.Return(macs);
        }
    }
}
