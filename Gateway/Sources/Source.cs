namespace AngoGateway.Sources;

/// <summary>A source as compiled: decides whether a request is from whom it says.</summary>
internal sealed class Source
{
    private readonly SourceConfig _config;
    private readonly SignatureVerifier? _signatures;
    private readonly BearerTokens? _tokens;
    private readonly RateLimit? _rateLimit;

    private Source(string name, SourceConfig config, SignatureVerifier? signatures, BearerTokens? tokens, RateLimit? rateLimit)
    {
        Name = name;
        _config = config;
        _signatures = signatures;
        _tokens = tokens;
        _rateLimit = rateLimit;
    }

    public string Name { get; }

    public string Path => _config.Path;

    /// <summary>Used when the payload names no project.</summary>
    public string? Project => _config.Project;

    /// <summary>A request's traceparent is its parent, not only linked.</summary>
    public bool TrustsTraceContext => _config.TrustTraceContext;

    public AuthType AuthType => _config.Auth.Type;

    /// <summary>Name of the header that carries the signature; null for unsigned sources.</summary>
    public string? SignatureHeader => _signatures?.Header;

    /// <summary>By the position that <see cref="Verdict.SecretIndex"/> names.</summary>
    public required SecretUses SecretUses { get; init; }

    /// <summary>Compiles a source whose configuration the loader has checked.</summary>
    /// <param name="name">Key of <c>sources</c>.</param>
    /// <param name="config">As written.</param>
    /// <param name="resolve">Turns a secret reference into the secret's bytes.</param>
    /// <param name="previous">The source of the same name before a reload: its rate limiter goes on when its limit is unchanged.</param>
    /// <param name="timeProvider">The clock of the rate limit and of the bound on diagnoses.</param>
    /// <exception cref="ArgumentException">It would let everybody in: no secret, an empty one, or <c>none</c> without allowUnauthenticated.</exception>
    public static Source Compile(
        string name, SourceConfig config, Func<string, byte[]> resolve, Source? previous, TimeProvider timeProvider)
    {
        var auth = config.Auth;
        SignatureVerifier? signatures = null;
        BearerTokens? tokens = null;
        byte[][] secrets = [[]];
        switch (auth.Type)
        {
            case AuthType.HubSignature:
                secrets = Resolve(auth.Secrets);
                signatures = new SignatureVerifier(
                    new SignatureScheme(auth.Header, auth.Algorithm), secrets, Resolve(auth.RetiredSecrets), timeProvider);
                break;
            case AuthType.Bearer:
                secrets = Resolve(auth.Tokens);
                tokens = new BearerTokens(secrets);
                break;
            case AuthType.None when auth.AllowUnauthenticated:
                break;
            default:
                throw new ArgumentException("An unauthenticated source must say allowUnauthenticated.", nameof(config));
        }

        return new Source(name, config, signatures, tokens, LimitOf(config.RateLimit, previous?._rateLimit, timeProvider))
        {
            SecretUses = new SecretUses(secrets, previous?.SecretUses),
        };

        byte[][] Resolve(string[]? references) => Array.ConvertAll(references ?? [], reference => resolve(reference));
    }

    /// <summary>Begins to verify one request from its headers alone. The caller disposes the result.</summary>
    public Verification Begin(IHeaderDictionary headers) =>
        _signatures?.Begin(headers)
        ?? new Verification(_tokens?.Judge(headers) ?? new Verdict(null, SecretIndex: 0));

    /// <summary>Takes one permit of the rate limit. Called for verified requests only.</summary>
    /// <param name="retryAfter">When refused: how long until a permit is free.</param>
    public bool TryAdmit(out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        return _rateLimit is null || _rateLimit.TryTake(out retryAfter);
    }

    private static RateLimit? LimitOf(RateLimitConfig? config, RateLimit? previous, TimeProvider timeProvider)
    {
        if (config is null)
        {
            return null;
        }

        return previous is not null && previous.Config == config ? previous : new RateLimit(config, timeProvider);
    }
}
