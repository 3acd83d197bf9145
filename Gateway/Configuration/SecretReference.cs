using System.Text;
using System.Text.RegularExpressions;
using AngoGateway.Sources;

namespace AngoGateway.Configuration;

/// <summary>Where a secret is kept: <c>env:NAME</c> or <c>file:PATH</c>. Never holds the secret.</summary>
/// <param name="IsFile">A file, else an environment variable.</param>
/// <param name="Name">The variable's name, or the file's path: absolute or relative to the configuration file's folder.</param>
internal readonly partial record struct SecretReference(bool IsFile, string Name)
{
    // A key of HMAC or a token is some dozen bytes; a larger file was named by mistake.
    private const int MaxBytes = 64 * 1024;

    /// <returns>Null when it is neither: the binder has said so, and the text may be the secret itself.</returns>
    public static SecretReference? Parse(string text) =>
        Form().IsMatch(text) && !text.Contains('\0') ? new(text.StartsWith("file:", StringComparison.Ordinal), text[(text.IndexOf(':') + 1)..]) : null;

    /// <summary>Reads a variable.</summary>
    /// <returns>The secret's bytes, or what is wrong and how to mend it.</returns>
    public FileReading ReadVariable(Func<string, string?> environment) => environment(Name) switch
    {
        null => new(null, $"the environment variable {Name} is not set: export {Name}=…"),
        "" => new(null, $"the environment variable {Name} is empty: export {Name}=…"),
        var secret => new(Encoding.UTF8.GetBytes(secret), null),
    };

    /// <summary>Reads a file as it is now.</summary>
    public static FileReading ReadFile(string path) => FileReading.Of(path, MaxBytes);

    /// <summary>What a secret's file holds, without one newline at its end: editors and <c>echo</c> add it.</summary>
    public static FileReading WithoutNewline(FileReading reading, string path)
    {
        if (reading.Bytes is not { } bytes)
            return new(null, $"the file {path} {reading.Fault}");

        var length = bytes switch
        {
            [.., (byte)'\r', (byte)'\n'] => bytes.Length - 2,
            [.., (byte)'\n'] => bytes.Length - 1,
            _ => bytes.Length,
        };
        return length == 0 ? new(null, $"the file {path} is empty: write the secret into it") : new(bytes[..length], null);
    }

    [GeneratedRegex(AuthConfig.ReferencePattern, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
