using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Sources;

/// <summary>Checks <c>Authorization: Bearer</c> (RFC 6750) against every token of a source.</summary>
internal sealed class BearerTokens
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes;

    /// <exception cref="ArgumentException">No token at all, or an empty one.</exception>
    public BearerTokens(byte[][] tokens)
    {
        if (tokens.Length == 0 || tokens.Any(token => token.Length == 0))
        {
            throw new ArgumentException("A bearer source needs at least one token, and none of them may be empty.", nameof(tokens));
        }

        _hashes = Array.ConvertAll(tokens, SHA256.HashData);
    }

    public Verdict Judge(IHeaderDictionary headers)
    {
        var values = headers.Authorization;
        if (values.Count == 0)
        {
            return new Verdict(Rejection.Missing);
        }

        if (values is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return new Verdict(Rejection.Malformed);
        }

        var token = value.AsSpan(Scheme.Length).Trim(' ');
        return token.IsEmpty ? new Verdict(Rejection.Malformed) : Compare(token);
    }

    // Hashes are of one length: comparing them tells nothing about the length of ours.
    private Verdict Compare(ReadOnlySpan<char> token)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(token)]; // At most Kestrel's 32 KB of headers.
        Encoding.UTF8.GetBytes(token, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        var index = -1;
        for (var i = _hashes.Length - 1; i >= 0; i--)
        {
            index = CryptographicOperations.FixedTimeEquals(hash, _hashes[i]) ? i : index;
        }

        return index >= 0 ? new Verdict(null, index) : new Verdict(Rejection.Mismatch);
    }
}
