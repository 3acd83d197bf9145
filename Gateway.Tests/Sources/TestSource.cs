using System.Security.Cryptography;
using System.Text;
using AngoGateway.Sources;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Sources;

/// <summary>Sources whose secret references are the secrets themselves.</summary>
internal static class TestSource
{
    public static Source Signed(params string[] secrets) => Compile(new AuthConfig(AuthType.HubSignature, secrets));

    public static Source Compile(AuthConfig auth, TimeProvider? timeProvider = null, RateLimitConfig? rateLimit = null, Source? previous = null) =>
        Source.Compile(
            "ango", new SourceConfig("/hooks/ango", auth, RateLimit: rateLimit), Encoding.UTF8.GetBytes, previous, timeProvider ?? new FakeTimeProvider());

    public static Verdict Verify(Source source, byte[] body, params string[] signatures) =>
        Verify(source, body, Headers("X-Hub-Signature", signatures));

    public static Verdict Verify(Source source, byte[] body, IHeaderDictionary headers)
    {
        using var verification = source.Begin(headers);
        verification.Append(body);
        return verification.Finish(body);
    }

    public static HeaderDictionary Headers(string name, params string[] values) => values.Length == 0 ? [] : new() { [name] = values };

    public static string Sha1Of(string secret, ReadOnlySpan<byte> body) =>
        Convert.ToHexStringLower(CryptographicOperations.HmacData(HashAlgorithmName.SHA1, Encoding.UTF8.GetBytes(secret), body));

    public static string Sha256Of(string secret, ReadOnlySpan<byte> body) =>
        Convert.ToHexStringLower(CryptographicOperations.HmacData(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), body));
}
