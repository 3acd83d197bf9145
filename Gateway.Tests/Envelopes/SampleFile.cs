namespace AngoGateway.Tests.Envelopes;

/// <summary>The payloads of every documented shape, byte for byte as in the repository.</summary>
internal static class SampleFile
{
    public static string[] Names { get; } =
        [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Where(name => name != "signatures.json").Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Samples");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));
}
