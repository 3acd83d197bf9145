using System.ComponentModel.DataAnnotations;
using AngoGateway.Sources;

namespace AngoGateway.Configuration;

/// <summary><c>operator</c>: the human's side on the admin listener.</summary>
/// <param name="Tokens">
/// References to the bearer tokens that the admin API accepts, several while rotating. Without any, the API answers only
/// requests from the gateway's own machine.
/// </param>
internal sealed record OperatorConfig(
    [RegularExpression(AuthConfig.ReferencePattern, ErrorMessage = OperatorConfig.NotAReference)]
    string[]? Tokens = null)
{
    // Does not repeat what was written: it may be the token.
    private const string NotAReference =
        "is no reference; a token itself never stands in this file: write \"env:NAME\" (letters, digits, _) or \"file:PATH\"";
}

/// <summary><c>operator.tokens</c> as compiled.</summary>
internal sealed class OperatorTokens
{
    private readonly BearerTokens? _tokens;

    private OperatorTokens(BearerTokens? tokens) => _tokens = tokens;

    public bool AreConfigured => _tokens is not null;

    /// <param name="config">As written.</param>
    /// <param name="secret">A reference's token.</param>
    public static OperatorTokens Compile(OperatorConfig config, Func<string, byte[]> secret) =>
        new(config.Tokens is { } references ? new BearerTokens(Array.ConvertAll(references, reference => secret(reference))) : null);

    /// <summary>Whether the request carries one of the tokens (<c>Authorization: Bearer</c>); compared in constant time.</summary>
    public bool Admit(IHeaderDictionary headers) => _tokens?.Judge(headers).IsVerified ?? false;
}
