using System.Security.Cryptography;
using System.Text;
using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary>Signs as Ango Hub does: lowercase hex HMAC of the exact bytes, no prefix.</summary>
internal static class HubSignature
{
    public const string Header = "X-Hub-Signature";

    public static string Compute(SignatureAlgorithm algorithm, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> payload) =>
        Convert.ToHexStringLower(algorithm switch
        {
#pragma warning disable CA5350 // HMAC-SHA1 is what Ango Hub signs with.
            SignatureAlgorithm.Sha1 => HMACSHA1.HashData(secret, payload),
#pragma warning restore CA5350
            SignatureAlgorithm.Sha256 => HMACSHA256.HashData(secret, payload),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
        });

    /// <summary>Whether a header's value is the payload's signature; an algorithm prefix and either hex case are taken.</summary>
    public static bool Matches(string? header, SignatureAlgorithm algorithm, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> payload)
    {
        if (header is null)
        {
            return false;
        }

        var prefix = algorithm == SignatureAlgorithm.Sha1 ? "sha1=" : "sha256=";
        var hex = header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? header[prefix.Length..] : header;
        return CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(hex.ToLowerInvariant()),
            Encoding.ASCII.GetBytes(Compute(algorithm, secret, payload)));
    }
}
