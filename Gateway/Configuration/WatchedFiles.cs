using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Configuration;

/// <summary>The files that one load of the configuration read, and what they held.</summary>
/// <param name="ConfigPath">Absolute path of gateway.json.</param>
/// <param name="SecretPaths">Absolute paths of the secret files it names.</param>
/// <param name="Fingerprint">Of all their bytes, or of why they could not be read. Kept in memory only.</param>
internal sealed record WatchedFiles(string ConfigPath, IReadOnlyList<string> SecretPaths, string Fingerprint)
{
    /// <summary>The fingerprint of the same files as they are now.</summary>
    public string FingerprintNow() => Of(
        FileReading.Of(ConfigPath, ConfigFile.MaxBytes),
        SecretPaths.Select(path => (path, SecretReference.ReadFile(path))));

    public static string Of(FileReading config, IEnumerable<(string Path, FileReading Reading)> secrets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, config);
        foreach (var (path, reading) in secrets)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            Append(hash, reading);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Each part is hashed for itself, so that no two sets of files run together into the same bytes.
    private static void Append(IncrementalHash hash, FileReading reading) =>
        hash.AppendData(SHA256.HashData(reading.Bytes ?? Encoding.UTF8.GetBytes(reading.Fault!)));
}
