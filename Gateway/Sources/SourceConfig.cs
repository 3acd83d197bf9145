using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace AngoGateway.Sources;

/// <summary>One entry of <c>sources</c>: a webhook configured in Ango Hub.</summary>
/// <param name="Path">Public path, e.g. <c>/hooks/ango</c>: compared exactly, query string ignored.</param>
/// <param name="Auth">How its requests are verified.</param>
/// <param name="Project">Project id used when the payload names none (2023 shape).</param>
/// <param name="RateLimit">Bound on verified requests; over it the answer is 429. Default: none.</param>
/// <param name="TrustTraceContext">True: a request's traceparent is the parent of its span. False: its span is linked to it.</param>
internal sealed record SourceConfig(
    [Required(ErrorMessage = "needs its public path: write \"path\": \"/hooks/ango\"")]
    [RegularExpression(
        SourceConfig.PathPattern,
        ErrorMessage = "is no public path: write \"/\" and then letters, digits and / . _ ~ - only (no ?, *, % or space, no . or .. between slashes), e.g. \"/hooks/ango\"")]
    string Path,
    [Required(ErrorMessage = "needs \"auth\": write \"auth\": { \"type\": \"hubSignature\", \"secrets\": [\"env:ANGO_WEBHOOK_SECRET\"] }")]
    AuthConfig Auth,
    string? Project = null,
    RateLimitConfig? RateLimit = null,
    bool TrustTraceContext = false)
{
    // Kestrel hands on the path unescaped and without dot segments: anything else here would never match.
    private const string PathPattern = @"^/(?!\.{1,2}(/|$))([A-Za-z0-9._~-]|/(?!\.{1,2}(/|$)))*$";
}

/// <summary>Ango Hub has exactly these three kinds of authentication.</summary>
/// <param name="Type">Which of them.</param>
/// <param name="Secrets"><c>hubSignature</c>: references (<c>env:NAME</c>, <c>file:PATH</c>), several while rotating.</param>
/// <param name="RetiredSecrets"><c>hubSignature</c>: no longer accepted; a mismatch that one of them would have matched is logged as such.</param>
/// <param name="Header"><c>hubSignature</c>: default <c>X-Hub-Signature</c>.</param>
/// <param name="Algorithm"><c>hubSignature</c>: default sha1, which is what Ango Hub signs with.</param>
/// <param name="Tokens"><c>bearer</c>: references, several while rotating.</param>
/// <param name="AllowUnauthenticated"><c>none</c>: must be true, so that nobody opens a source by leaving something out.</param>
internal sealed record AuthConfig(
    [Required(ErrorMessage = "needs \"type\": write \"hubSignature\", \"bearer\" or \"none\", as the Webhook stage's Auth Type says")]
    AuthType Type,
    [RegularExpression(AuthConfig.ReferencePattern, ErrorMessage = AuthConfig.NotAReference)]
    string[]? Secrets = null,
    [RegularExpression(AuthConfig.ReferencePattern, ErrorMessage = AuthConfig.NotAReference)]
    string[]? RetiredSecrets = null,
    [RegularExpression("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", ErrorMessage = "is no name of an HTTP header: write e.g. \"X-Hub-Signature\"")]
    string Header = AuthConfig.DefaultHeader,
    SignatureAlgorithm Algorithm = SignatureAlgorithm.Sha1,
    [RegularExpression(AuthConfig.ReferencePattern, ErrorMessage = AuthConfig.NotAReference)]
    string[]? Tokens = null,
    bool AllowUnauthenticated = false) : IValidatableObject
{
    /// <summary>Of every secret and token.</summary>
    public const string ReferencePattern = "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$";

    private const string DefaultHeader = "X-Hub-Signature";

    // Does not repeat what was written: it may be the secret.
    private const string NotAReference =
        "is no reference; a secret itself never stands in this file: write \"env:NAME\" (letters, digits, _) or \"file:PATH\"";

    // What HTTP, every sender or the gateway itself says with these is no signature, and the header is handed on.
    private static readonly string[] OwnedHeaders =
    [
        "Accept", "Authorization", "baggage", "Connection", "Cookie", "Date", "Expect", "Forwarded", "Host", "Keep-Alive", "Set-Cookie", "TE",
        "traceparent", "tracestate", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via", "X-Real-IP",
    ];

    private static readonly string[] OwnedBeginnings = ["Accept-", "Content-", "Proxy-", "X-Forwarded-", "X-Gateway-"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OwnedHeaders.Contains(Header, StringComparer.OrdinalIgnoreCase)
            || OwnedBeginnings.Any(beginning => Header.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)))
            yield return new($"{Header} is a header of HTTP's or of the gateway's own, which can hold no signature: write e.g. \"X-Hub-Signature\"", [nameof(Header)]);

        // Accepted, it could never be seen as retired; retired, it should not be accepted.
        if (Type == AuthType.HubSignature && Secrets?.Intersect(RetiredSecrets ?? []).FirstOrDefault() is { } both)
            yield return new($"holds \"{both}\", which stands in secrets, too, and so is accepted: keep it in one of them", [nameof(RetiredSecrets), nameof(Secrets)]);

        if (Type == AuthType.HubSignature && Secrets is null)
            yield return new("hubSignature needs \"secrets\": write \"secrets\": [\"env:ANGO_WEBHOOK_SECRET\"]", [nameof(Secrets), nameof(Type)]);

        if (Type == AuthType.Bearer && Tokens is null)
            yield return new("bearer needs \"tokens\": write \"tokens\": [\"env:ANGO_WEBHOOK_TOKEN\"]", [nameof(Tokens), nameof(Type)]);

        if (Type == AuthType.None && !AllowUnauthenticated)
            yield return new("none lets anybody send events: write \"allowUnauthenticated\": true beside it if that is meant", [nameof(AllowUnauthenticated), nameof(Type)]);

        (string Name, bool Given, AuthType For)[] owned =
        [
            (nameof(Secrets), Secrets is not null, AuthType.HubSignature),
            (nameof(RetiredSecrets), RetiredSecrets is not null, AuthType.HubSignature),
            (nameof(Header), Header != DefaultHeader, AuthType.HubSignature),
            (nameof(Algorithm), Algorithm != SignatureAlgorithm.Sha1, AuthType.HubSignature),
            (nameof(Tokens), Tokens is not null, AuthType.Bearer),
            (nameof(AllowUnauthenticated), AllowUnauthenticated, AuthType.None),
        ];
        foreach (var (name, _, owner) in owned.Where(key => key.Given && key.For != Type))
            yield return new($"belongs to {Written(owner)} alone, and this is {Written(Type)}: leave it out, or change \"type\"", [name, nameof(Type)]);
    }

    private static string Written(AuthType type) => type switch
    {
        AuthType.HubSignature => "hubSignature",
        AuthType.Bearer => "bearer",
        _ => "none",
    };
}

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
/// <param name="Permits">1 to 1,000,000.</param>
/// <param name="Window">Up to a day.</param>
internal sealed record RateLimitConfig(
    [Required(ErrorMessage = "needs \"permits\": how many requests per window, e.g. \"permits\": 100")]
    [Range(1, 1_000_000)]
    int Permits,
    [Required(ErrorMessage = "needs \"window\": how long it is, e.g. \"window\": \"00:00:01\"")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    TimeSpan Window);
