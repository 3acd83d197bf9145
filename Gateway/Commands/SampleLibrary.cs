using System.Reflection;

namespace AngoGateway.Commands;

/// <summary>A payload to be sent, with the name that a person knows it by.</summary>
internal sealed record NamedPayload(string Name, byte[] Bytes);

/// <summary>The embedded payloads of every documented shape (Samples/README.md), by name without <c>.json</c>.</summary>
internal static class SampleLibrary
{
    private const string Prefix = "samples/";
    private const string Suffix = ".json";

    /// <summary>In order; signatures.json describes the payloads and is none.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Where(name => name != "signatures")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The one sample whose name is, or begins with, <paramref name="name"/>; null when none or several do.</summary>
    public static NamedPayload? Find(string name)
    {
        var wanted = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
        var found = Names.Where(known => known == wanted).ToArray();
        if (found.Length == 0 && wanted.Length > 0)
        {
            found = [.. Names.Where(known => known.StartsWith(wanted, StringComparison.Ordinal))];
        }

        return found is [var only] ? Read(only) : null;
    }

    private static NamedPayload Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new InvalidOperationException($"The sample {name} is not embedded.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return new NamedPayload(name, bytes);
    }
}
