namespace AngoGateway.Configuration;

/// <summary>The secrets that one gateway.json names, each read once, so that what was fingerprinted is what is used.</summary>
/// <param name="folder">Relative paths start here: the configuration file's folder.</param>
/// <param name="environment">Looks up an environment variable; null when it is not set.</param>
internal sealed class SecretStore(string folder, Func<string, string?> environment)
{
    private static readonly string[] Keys = ["secrets", "retiredSecrets", "tokens"];

    private readonly Dictionary<string, FileReading> _files = [];

    /// <summary>By reference as written. Never logged.</summary>
    public Dictionary<string, byte[]> ByReference { get; } = [];

    public IReadOnlyList<string> FilePaths => [.. _files.Keys];

    public IEnumerable<(string Path, FileReading Reading)> Files => _files.Select(file => (file.Key, file.Value));

    public void Resolve(ConfigNode root, ConfigFaults faults)
    {
        var auths = root["sources"]?.Members.Values.Select(source => source["auth"]).OfType<ConfigNode>() ?? [];
        var others = (root["operator"]?["tokens"]?.Texts ?? []).Concat(root["journal"]?["connectionString"]?.Texts ?? []);
        foreach (var node in auths.SelectMany(auth => Keys.SelectMany(key => auth[key]?.Texts ?? [])).Concat(others))
        {
            if (SecretReference.Parse(node.Text) is not { } reference)
                continue;

            var reading = Read(reference);
            if (reading.Bytes is { } secret)
                ByReference[node.Text] = secret;
            else
                faults.Add(node, reading.Fault!);
        }
    }

    private FileReading Read(SecretReference reference)
    {
        if (!reference.IsFile)
            return reference.ReadVariable(environment);

        var path = Path.GetFullPath(reference.Name, folder);
        if (!_files.TryGetValue(path, out var reading))
            _files[path] = reading = SecretReference.ReadFile(path);

        return SecretReference.WithoutNewline(reading, path);
    }
}
