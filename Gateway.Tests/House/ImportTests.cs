using System.Text.RegularExpressions;
using AngoGateway.Routing;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.House;

/// <summary>Which room may use which. A new line here is a change of the architecture, not of a test.</summary>
public partial class ImportTests
{
    private static readonly Dictionary<string, string[]> MayImport = new(StringComparer.Ordinal)
    {
        ["Telemetry"] = [],
        ["Envelopes"] = [],
        ["Sources"] = [],
        ["Consumers"] = [],
        ["Routing"] = ["Envelopes", "Consumers"],
        ["Journal"] = ["Envelopes"],
        ["Forwarding"] = ["Consumers"],
        ["Configuration"] = ["Sources", "Consumers", "Routing", "Journal"],
        ["Deliveries"] = ["Configuration", "Consumers", "Forwarding", "Journal"],
        ["Operator"] = ["Configuration", "Journal"],
        ["Ingress"] = ["Configuration", "Sources", "Envelopes", "Routing", "Journal", "Forwarding"],
    };

    // Rooms share a parent namespace, so that Journal.Attempt compiles in every room without a using.
    private static readonly HashSet<string> Types =
        [.. typeof(RouteTable).Assembly.GetTypes().Select(type => type.FullName ?? "")];

    // Program.cs lies in no room.
    private static readonly string[] MayImportAll = ["", "Commands"];

    [Fact]
    public void A_room_uses_only_the_rooms_that_the_house_allows() => AssertNone(Code("Gateway").SelectMany(Faults));

    [Fact]
    public void Only_Program_lies_outside_the_rooms() =>
        Assert.Equal(["Gateway/Program.cs"], Code("Gateway").Where(file => file.Room == "").Select(file => file.Path));

    [Fact]
    public void A_file_declares_the_namespace_of_its_room() =>
        AssertNone(
            from file in Code("Gateway")
            where file.Room != ""
            let declared = Namespace().Match(file.Text).Groups["name"].Value
            let wanted = $"AngoGateway.{file.Room}"
            where declared != wanted && !declared.StartsWith(wanted + ".", StringComparison.Ordinal)
            select $"{file.Path}: namespace {declared}, not {wanted}");

    // A project-wide using would be an import that no file shows.
    [Fact]
    public void No_room_is_imported_for_the_whole_project()
    {
        var project = File.ReadAllText(Path.Combine(Root, "Gateway", "Gateway.csproj"));
        Assert.DoesNotContain("<Using Include=\"AngoGateway", project, StringComparison.Ordinal);
        AssertNone(
            from file in Code("Gateway")
            where file.Text.Contains("global using", StringComparison.Ordinal)
            select $"{file.Path}: global using");
    }

    [Theory]
    [InlineData("Routing", "using AngoGateway.Journal;", 1)]
    [InlineData("Routing", "using static AngoGateway.Journal.Attempt;", 1)]
    [InlineData("Routing", "using Store = AngoGateway.Journal.IJournal;", 1)]
    [InlineData("Routing", "    var store = new global::AngoGateway.Journal.Sqlite.Store();", 1)]
    [InlineData("Routing", "using AngoGateway.Journal;\nusing AngoGateway.Sources;\nusing AngoGateway.Journal.Sqlite;", 2)]
    [InlineData("Routing", "using AngoGateway.Envelopes;\nusing AngoGateway.Telemetry;\nnamespace AngoGateway.Routing;", 0)]
    [InlineData("Routing", "    Journal.Attempt? last = null;", 1)]
    [InlineData("Routing", "    Journal.Write(snapshot.Journal.Attempt);", 0)]
    [InlineData("Routing", "// unlike AngoGateway.Journal.IJournal", 0)]
    [InlineData("Deliveries", "using AngoGateway.Ingress;", 1)]
    [InlineData("Ingress", "using AngoGateway.Deliveries;", 1)]
    [InlineData("Services", "using AngoGateway.Telemetry;", 1)]
    [InlineData("Commands", "using AngoGateway.Ingress;\nusing AngoGateway.Deliveries;", 0)]
    public void The_check_sees_every_kind_of_import(string room, string text, int faults) =>
        Assert.Equal(faults, Faults(new SourceFile($"Gateway/{room}/Made.cs", text)).Count());

    private static IEnumerable<string> Faults(SourceFile file)
    {
        if (MayImportAll.Contains(file.Room))
            return [];

        if (!MayImport.TryGetValue(file.Room, out var allowed))
            return [$"{file.Path}: the house has no room {file.Room}"];

        return Imports(file.Text)
            .Except([.. allowed, file.Room, "Telemetry"])
            .Select(room => $"{file.Path}: {file.Room} may not use {room}");
    }

    private static IEnumerable<string> Imports(string text) =>
        text.Split('\n')
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => FullMention().Matches(line).Concat(ShortMention().Matches(line).Where(IsType)))
            .Select(mention => mention.Groups["room"].Value)
            .Distinct();

    private static bool IsType(Match mention) => Types.Contains($"AngoGateway.{mention.Value}");

    [GeneratedRegex(@"\bAngoGateway\.(?<room>\w+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FullMention();

    [GeneratedRegex(@"(?<![\w.])(?<room>[A-Z]\w*)\.[A-Z]\w*", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ShortMention();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Namespace();
}
