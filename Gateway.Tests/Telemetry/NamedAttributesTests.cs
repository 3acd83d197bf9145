using System.Reflection;
using AngoGateway.Telemetry;
using static AngoGateway.Tests.House.Repository;

namespace AngoGateway.Tests.Telemetry;

/// <summary>The page explains what is on a span.</summary>
public sealed class NamedAttributesTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root, "docs", "observability.md"));

    [Theory]
    [InlineData(typeof(Attributes))]
    [InlineData(typeof(Traces))]
    internal void The_page_names_every_attribute_and_every_span(Type names) =>
        AssertNone(
            from constant in names.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            where constant.IsLiteral && constant.FieldType == typeof(string) && constant.Name != nameof(Traces.SourceName)
            let name = (string)constant.GetRawConstantValue()!
            where !Page.Contains($"`{name}", StringComparison.Ordinal)
            select $"{name} is not explained");

    [Fact]
    public void The_page_names_every_kind_of_link() =>
        AssertNone(
            from relation in typeof(Relation).GetFields(BindingFlags.Public | BindingFlags.Static)
            let name = ((Relation)relation.GetValue(null)!).To(default).Tags!.Single().Value
            where !Page.Contains($"| `{name}` |", StringComparison.Ordinal)
            select $"{name} is not explained");
}
