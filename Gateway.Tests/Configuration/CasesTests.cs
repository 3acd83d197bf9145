namespace AngoGateway.Tests.Configuration;

/// <summary>
/// Each <c>Cases/NAME.json</c> is read, and its faults must be the lines of <c>NAME.expected.txt</c>: line, path, message.
/// A case is added without a line of C#.
/// </summary>
public sealed class CasesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Configuration", "Cases");

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_has_exactly_its_expected_faults(string name)
    {
        var reading = TestConfig.Loader().Read(Path.Combine(Folder, $"{name}.json"));

        var expected = File.ReadAllLines(Path.Combine(Folder, $"{name}.expected.txt"));
        var actual = reading.Faults.Select(fault => $"{fault.Line} {fault.Path}: {fault.Message}".Replace(Folder, "CASES")).ToArray();
        Assert.Equal(expected, actual);
        Assert.Equal(expected.Length > 0, reading.Config is null);
    }

    [Fact]
    public void There_are_good_cases_and_bad_ones()
    {
        var good = Directory.GetFiles(Folder, "good-*.expected.txt");
        var all = Directory.GetFiles(Folder, "*.json");

        Assert.All(good, path => Assert.Empty(File.ReadAllText(path)));
        Assert.InRange(good.Length, 4, all.Length - 40);
    }

    [Fact]
    public void No_fault_ends_with_a_full_stop_or_spans_lines() =>
        Assert.All(
            Directory.GetFiles(Folder, "*.json").SelectMany(path => TestConfig.Loader().Read(path).Faults),
            fault => Assert.False(fault.Message.EndsWith('.') || fault.Message.Contains('\n'), fault.ToString()));
}
