using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace AngoGateway.Sources;

/// <summary>How a source's signatures travel: in which header, made with which algorithm.</summary>
/// <param name="Header">Name of the header.</param>
/// <param name="Algorithm">The only one that is accepted.</param>
internal sealed record SignatureScheme(string Header, SignatureAlgorithm Algorithm)
{
    /// <summary>Reads the one signature that a request claims.</summary>
    /// <returns>Null and the claim, or why there is none.</returns>
    /// <remarks>
    /// Hex in either case, with or without the algorithm's prefix: Ango Hub writes lowercase without one, GitHub's
    /// convention has <c>sha1=</c>. A well-formed value of the other algorithm is a claim too, so that the
    /// mismatch can be told as the mistake it is.
    /// </remarks>
    public Rejection? TryRead(IHeaderDictionary headers, out SignatureClaim claim)
    {
        claim = default;
        if (!headers.TryGetValue(Header, out StringValues values) || values.Count == 0)
        {
            return Rejection.Missing;
        }

        if (values is not [{ } value])
        {
            return Rejection.Malformed;
        }

        foreach (var algorithm in (ReadOnlySpan<SignatureAlgorithm>)[SignatureAlgorithm.Sha1, SignatureAlgorithm.Sha256])
        {
            var hex = value.AsSpan();
            var prefix = PrefixOf(algorithm);
            if (hex.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                hex = hex[prefix.Length..];
            }

            if (hex.Length != SizeOf(algorithm) * 2)
            {
                continue;
            }

            var mac = new byte[SizeOf(algorithm)];
            if (Convert.FromHexString(hex, mac, out _, out _) == OperationStatus.Done)
            {
                claim = new SignatureClaim(value, mac, algorithm);
                return null;
            }
        }

        return Rejection.Malformed;
    }

    public static IncrementalHash NewMac(SignatureAlgorithm algorithm, byte[] secret) => IncrementalHash.CreateHMAC(
        algorithm == SignatureAlgorithm.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, secret);

    private static int SizeOf(SignatureAlgorithm algorithm) =>
        algorithm == SignatureAlgorithm.Sha1 ? HMACSHA1.HashSizeInBytes : HMACSHA256.HashSizeInBytes;

    private static string PrefixOf(SignatureAlgorithm algorithm) => algorithm == SignatureAlgorithm.Sha1 ? "sha1=" : "sha256=";
}

/// <summary>A signature as claimed by a request. Not a record: its text must not end up in a log by ToString.</summary>
/// <param name="value">The header's value as received.</param>
/// <param name="mac">What it says the MAC is.</param>
/// <param name="algorithm">The algorithm that its length tells.</param>
internal readonly struct SignatureClaim(string value, byte[] mac, SignatureAlgorithm algorithm)
{
    public string Value { get; } = value;

    public byte[] Mac { get; } = mac;

    public SignatureAlgorithm Algorithm { get; } = algorithm;
}
