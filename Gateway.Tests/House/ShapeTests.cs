using System.Reflection;
using System.Runtime.CompilerServices;
using AngoGateway.Routing;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.House;

/// <summary>What the compiler does not check: length of files, seams, reach of types, names of folders.</summary>
public class ShapeTests
{
    private const int LongestFile = 300;
    private const int LongestJournal = 450;
    private const int LongestProgram = 80;

    private static readonly string[] Attics =
        ["Dedup", "Models", "Services", "Helpers", "Abstractions", "Infrastructure", "Extensions", "Common"];

    private static readonly Type[] Types = typeof(RouteTable).Assembly.GetTypes();

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold()
    {
        var files = Code("Gateway").Concat(Code("Gateway.Tests")).Concat(Code("bench")).ToArray();

        Assert.True(files.Length > 20, "The files were not found.");
        AssertNone(
            from file in files
            let longest = Longest(file.Path)
            where file.Lines > longest
            select $"{file.Path}: {file.Lines} lines, at most {longest}");
    }

    [Theory]
    [InlineData("Gateway/Program.cs", 80)]
    [InlineData("Gateway/Journal/SqliteJournal.cs", 450)]
    [InlineData("Gateway/Ingress/WebhookEndpoint.cs", 300)]
    [InlineData("Gateway.Tests/Journal/JournalConformance.cs", 300)]
    public void Only_the_journals_may_be_longer_and_Program_is_shorter(string path, int longest) =>
        Assert.Equal(longest, Longest(path));

    [Fact]
    public void An_interface_has_two_shipped_implementations() =>
        AssertNone(
            from seam in Types
            where seam.IsInterface
            let implementations = Implementations(seam)
            where implementations.Length < 2
            select $"{seam.FullName}: {implementations.Length} implementation(s) {string.Join(", ", implementations.Select(type => type.Name))}");

    [Fact]
    public void Implementations_are_counted_by_concrete_class()
    {
        Assert.Equal([typeof(One)], Implementations(typeof(ISeam), [typeof(ISeam), typeof(Half), typeof(One), typeof(string)]));
        Assert.Equal(2, Implementations(typeof(ISeam), [typeof(One), typeof(Two)]).Length);
    }

    [Fact]
    public void No_type_but_Program_is_seen_from_outside() =>
        AssertNone(
            from type in Types
            where type.IsVisible && type.Name != "Program"
            select $"{type.FullName} is public");

    [Fact]
    public void A_class_is_sealed_static_or_abstract() =>
        AssertNone(
            from type in Types
            where type is { IsClass: true, IsSealed: false, IsAbstract: false } && type.Name != "Program"
            where !type.IsDefined(typeof(CompilerGeneratedAttribute)) && !IsGenerated(type)
            select $"{type.FullName} is not sealed");

    [Fact]
    public void No_folder_is_an_attic() =>
        AssertNone(
            from folder in Folders("Gateway").Concat(Folders("Gateway.Tests"))
            where Attics.Contains(Path.GetFileName(folder), StringComparer.OrdinalIgnoreCase)
            select $"{folder}: a thing lives with the code that uses it");

    private static int Longest(string path) => path switch
    {
        "Gateway/Program.cs" => LongestProgram,
        _ when path.StartsWith("Gateway/Journal/", StringComparison.Ordinal) => LongestJournal,
        _ => LongestFile,
    };

    private static Type[] Implementations(Type seam, Type[]? among = null) =>
        [.. (among ?? Types).Where(type => type is { IsInterface: false, IsAbstract: false } && type.IsAssignableTo(seam))];

    // Source generators write classes of their own into the assembly (JSON contexts, regular expressions).
    private static bool IsGenerated(Type type) =>
        type.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is not null
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    private interface ISeam;

    private abstract class Half : ISeam;

    private sealed class One : Half;

    private sealed class Two : ISeam;
}
