namespace AngoGateway.Sources;

/// <summary>Tells which known mistake a signature that did not match was, for the log and a metric.</summary>
/// <remarks>
/// Every guess hashes the body again. A forger must not make us do that: only small bodies are examined, and only one
/// of them a second. A mistaken setup fails every time, so one a second is enough to tell it.
/// </remarks>
internal sealed class MistakeFinder(
    SignatureAlgorithm algorithm, byte[][] secrets, byte[][] retiredSecrets, TimeProvider timeProvider)
{
    /// <summary>Larger bodies are not examined: all guesses together cost some hundred microseconds here.</summary>
    internal const int MaxPayload = 64 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _nextAt = timeProvider.GetTimestamp();

    public KnownMistake Find(SignatureClaim claim, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayload || !TryTakeTurn())
        {
            return KnownMistake.None;
        }

        if (claim.Algorithm != algorithm)
        {
            return IsMadeWith(secrets, claim, payload) ? KnownMistake.OtherAlgorithm : KnownMistake.None;
        }

        if (IsMadeWith(retiredSecrets, claim, payload))
        {
            return KnownMistake.RetiredSecret;
        }

        return IsOffByNewline(claim, payload) ? KnownMistake.TrailingNewline : KnownMistake.None;
    }

    private bool IsOffByNewline(SignatureClaim claim, ReadOnlySpan<byte> payload) =>
        IsMadeWith(secrets, claim, payload, "\n"u8)
        || IsMadeWith(secrets, claim, payload, "\r\n"u8)
        || (payload.EndsWith("\n"u8) && IsMadeWith(secrets, claim, payload[..^1]))
        || (payload.EndsWith("\r\n"u8) && IsMadeWith(secrets, claim, payload[..^2]));

    // Nothing secret hangs on the time this takes: the verdict has fallen, and its answer never says why.
    private static bool IsMadeWith(
        byte[][] candidates, SignatureClaim claim, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> ending = default)
    {
        foreach (var secret in candidates)
        {
            using var mac = new MacSet([SignatureScheme.NewMac(claim.Algorithm, secret)]);
            mac.Append(payload);
            mac.Append(ending);
            if (mac.IndexOf(claim.Mac) == 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryTakeTurn()
    {
        var now = timeProvider.GetTimestamp();
        var nextAt = Interlocked.Read(ref _nextAt);
        var following = now + (long)(Pause.TotalSeconds * timeProvider.TimestampFrequency);
        return now >= nextAt && Interlocked.CompareExchange(ref _nextAt, following, nextAt) == nextAt;
    }
}
