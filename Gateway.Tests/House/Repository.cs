namespace AngoGateway.Tests.House;

/// <summary>The repository's own files, found from where the tests run.</summary>
internal static class Repository
{
    // Protos: the protocol's own files, in folders of its own naming.
    private static readonly string[] NotSource = ["bin", "obj", "TestResults", "node_modules", "Protos"];

    public static string Root { get; } = FindRoot();

    /// <summary>A file of the repository, with its path from the root (slashes) and its text.</summary>
    internal sealed record SourceFile(string Path, string Text)
    {
        /// <summary>The folder below the project's; empty for files that lie beside Program.cs.</summary>
        public string Room => Path.Split('/') is [_, var room, _, ..] ? room : "";

        public int Lines => Text.Count(c => c == '\n') + (Text.Length > 0 && !Text.EndsWith('\n') ? 1 : 0);
    }

    /// <summary>The C# files of a project, generated and foreign ones left out.</summary>
    public static IEnumerable<SourceFile> Code(string project) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Intersect(NotSource).Any()
        orderby relative
        select new SourceFile(relative, File.ReadAllText(path));

    /// <summary>Names of all folders of a project, build output and foreign ones left out.</summary>
    public static IEnumerable<string> Folders(string project) =>
        from path in Directory.EnumerateDirectories(Path.Combine(Root, project), "*", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Intersect(NotSource).Any()
        select relative;

    /// <summary>Fails with every fault on a line of its own.</summary>
    public static void AssertNone(IEnumerable<string> faults)
    {
        var all = faults.ToArray();
        Assert.True(all.Length == 0, string.Join(Environment.NewLine, all.Prepend($"{all.Length} against the house rules:")));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AngoGateway.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No AngoGateway.sln above {AppContext.BaseDirectory}");
    }
}
