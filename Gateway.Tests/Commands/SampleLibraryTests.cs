using AngoGateway.Commands;

namespace AngoGateway.Tests.Commands;

public sealed class SampleLibraryTests
{
    [Fact]
    public void Every_payload_and_nothing_else_is_a_sample()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Samples"), "*.json")
            .Select(Path.GetFileNameWithoutExtension)
            .Where(name => name is not "signatures" and not "big-generated")
            .Order(StringComparer.Ordinal);
        Assert.Equal(files!, SampleLibrary.Names);
        Assert.Equal(10, SampleLibrary.Names.Count);
    }

    [Theory]
    [InlineData("01-stage-2023")]
    [InlineData("01-stage-2023.json")]
    [InlineData("01")]
    public void A_sample_is_found_by_name_and_by_its_beginning(string name)
    {
        var sample = SampleLibrary.Find(name);
        Assert.Equal("01-stage-2023", sample?.Name);
        Assert.Equal(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", "01-stage-2023.json")), sample!.Bytes);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("99")]
    [InlineData("signatures")]
    [InlineData("../samples/01-stage-2023")]
    public void An_ambiguous_or_unknown_name_finds_none(string name) => Assert.Null(SampleLibrary.Find(name));
}
