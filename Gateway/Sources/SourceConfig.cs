using System.Text.Json.Serialization;

namespace AngoGateway.Sources;

/// <summary>One entry of <c>sources</c>: a webhook configured in Ango Hub.</summary>
/// <param name="Path">Public path, e.g. <c>/hooks/ango</c>: compared exactly, query string ignored.</param>
/// <param name="Auth">How its requests are verified.</param>
/// <param name="Project">Project id used when the payload names none (2023 shape).</param>
/// <param name="RateLimit">Bound on verified requests; over it the answer is 429. Default: none.</param>
internal sealed record SourceConfig(string Path, AuthConfig Auth, string? Project = null, RateLimitConfig? RateLimit = null);

/// <summary>Ango Hub has exactly these three kinds of authentication.</summary>
/// <param name="Type">Which of them.</param>
/// <param name="Secrets"><c>hubSignature</c>: references (<c>env:NAME</c>, <c>file:PATH</c>), several while rotating.</param>
/// <param name="RetiredSecrets"><c>hubSignature</c>: no longer accepted; a mismatch that one of them would have matched is logged as such.</param>
/// <param name="Header"><c>hubSignature</c>: default <c>X-Hub-Signature</c>.</param>
/// <param name="Algorithm"><c>hubSignature</c>: default sha1, which is what Ango Hub signs with.</param>
/// <param name="Tokens"><c>bearer</c>: references, several while rotating.</param>
/// <param name="AllowUnauthenticated"><c>none</c>: must be true, so that nobody opens a source by leaving something out.</param>
internal sealed record AuthConfig(
    AuthType Type,
    string[]? Secrets = null,
    string[]? RetiredSecrets = null,
    string Header = "X-Hub-Signature",
    SignatureAlgorithm Algorithm = SignatureAlgorithm.Sha1,
    string[]? Tokens = null,
    bool AllowUnauthenticated = false);

internal enum AuthType
{
    HubSignature,
    Bearer,
    None,
}

internal enum SignatureAlgorithm
{
    [JsonStringEnumMemberName("sha1")]
    Sha1,

    [JsonStringEnumMemberName("sha256")]
    Sha256,
}

/// <summary>At most <paramref name="Permits"/> requests per <paramref name="Window"/>.</summary>
internal sealed record RateLimitConfig(int Permits, TimeSpan Window);
