using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using AngoGateway.Configuration;
using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary>Turns what was typed into values; a fault becomes a parse error that says what to write instead.</summary>
internal static class OptionParsers
{
    public static Option<SignatureAlgorithm> AlgorithmOption() => new("--algorithm")
    {
        Description = "HMAC algorithm. Ango Hub signs with sha1, the default.",
        HelpName = "sha1|sha256",
        CustomParser = Algorithm,
    };

    public static Option<string> HeaderOption() => new("--header")
    {
        Description = "Header that carries the signature.",
        HelpName = "NAME",
        DefaultValueFactory = _ => HubSignature.Header,
        CustomParser = Header,
    };

    public static Uri? Url(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            result.AddError($"'{Terminal.Clean(text)}' is no http or https address: write for example http://127.0.0.1:8080/hooks/ango.");
            return null;
        }

        if (url.UserInfo.Length > 0)
        {
            result.AddError("An address with a user name or password in it is not taken: give a token with --bearer.");
            return null;
        }

        return url;
    }

    /// <summary>Reads a secret from <c>env:NAME</c> or <c>file:PATH</c>, the path relative to the working directory.</summary>
    public static byte[]? Secret(ArgumentResult result)
    {
        var option = (result.Parent as OptionResult)?.IdentifierToken?.Value;
        if (SecretReference.Parse(result.Tokens[0].Value) is not { } reference)
        {
            // What was typed may be the secret itself, so it is not repeated.
            result.AddError($"{option} takes env:NAME or file:PATH, never the secret itself: it would stay in the shell's history.");
            return null;
        }

        var reading = reference.IsFile
            ? SecretReference.WithoutNewline(SecretReference.ReadFile(reference.Name), reference.Name)
            : reference.ReadVariable(Environment.GetEnvironmentVariable);
        if (reading.Fault is { } fault)
        {
            result.AddError($"{option}: {fault}.");
        }

        return reading.Bytes;
    }

    /// <summary>The secret that was given; null when none was (an absent array option reads as an empty one).</summary>
    public static byte[]? GivenSecret(this ParseResult parsed, Option<byte[]?> option) =>
        parsed.GetValue(option) is { Length: > 0 } secret ? secret : null;

    /// <summary>Reads a number within bounds.</summary>
    public static Func<ArgumentResult, T> Number<T>(T least, T most)
        where T : struct, INumber<T> => result =>
    {
        var (option, text) = ((result.Parent as OptionResult)?.IdentifierToken?.Value, result.Tokens[0].Value);
        if (!T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || T.IsNaN(value))
        {
            result.AddError($"{option} takes {(typeof(T) == typeof(int) ? "a whole number" : "a number")} from {least} to {most}, not '{Terminal.Clean(text)}'.");
        }
        else if (value < least || value > most)
        {
            result.AddError($"{option} {Terminal.Clean(text)} is out of bounds: {least} to {most}.");
        }

        return value;
    };

    /// <summary>Reads a name or an id that becomes a step of an address, where nothing and dots mean another place.</summary>
    /// <param name="what">It is not, in the words of the message: "consumer's name".</param>
    /// <param name="where">Which command shows those that there are.</param>
    public static Func<ArgumentResult, string?> Step(string what, string where) => result =>
    {
        var text = result.Tokens[0].Value;
        if (text.Trim() is not ("" or "." or ".."))
        {
            return text;
        }

        result.AddError($"'{Terminal.Clean(text)}' is no {what}: the command {where} shows those that there are.");
        return null;
    };

    private static SignatureAlgorithm Algorithm(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "sha1":
                return SignatureAlgorithm.Sha1;
            case "sha256":
                return SignatureAlgorithm.Sha256;
            default:
                result.AddError($"'{Terminal.Clean(result.Tokens[0].Value)}' is no algorithm: write sha1 or sha256.");
                return default;
        }
    }

    private static string? Header(ArgumentResult result)
    {
        var name = result.Tokens[0].Value;
        // RFC 9110, section 5.6.2: a token.
        if (name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal)))
        {
            return name;
        }

        result.AddError($"'{Terminal.Clean(name)}' is no header name.");
        return null;
    }
}
