using System.Text;
using AngoGateway.Configuration;

namespace AngoGateway.Tests.Configuration;

public sealed class ConfigFileTests : IDisposable
{
    private readonly TestConfig _config = new();

    public void Dispose() => _config.Dispose();

    [Fact]
    public void A_missing_file_is_named()
    {
        var path = _config.PathOf("other.json");

        Assert.Equal(new ConfigFault("$", 1, $"the file {path} does not exist"), FaultOf(path));
    }

    [Fact]
    public void A_file_in_a_missing_folder_is_named()
    {
        var path = _config.PathOf("nowhere/gateway.json");

        Assert.Equal($"the file {path} does not exist", FaultOf(path).Message);
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        var path = Path.GetDirectoryName(_config.FilePath)!;

        Assert.Equal($"the file {path} is a folder: name a file", FaultOf(path).Message);
    }

    [Fact]
    public void A_file_that_another_process_locks_is_a_fault()
    {
        using var locked = new FileStream(_config.FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal($"the file {_config.FilePath} cannot be read (IOException)", FaultOf(_config.FilePath).Message);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped_and_costs_no_line()
    {
        File.WriteAllBytes(_config.FilePath, [.. Encoding.UTF8.Preamble, .. "{\n\"x\": 1 }"u8]);

        Assert.Contains(_config.Read().Faults, fault => fault is { Path: "$.x", Line: 2 });
    }

    [Theory]
    [InlineData("utf-16", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-32", true)]
    public void A_file_in_UTF_16_is_called_so(string encoding, bool withMark)
    {
        var utf16 = Encoding.GetEncoding(encoding);
        File.WriteAllBytes(_config.FilePath, [.. withMark ? utf16.GetPreamble() : [], .. utf16.GetBytes(TestConfig.Good)]);

        Assert.Equal(new ConfigFault("$", 1, "the file is UTF-16 or UTF-32: save it as UTF-8"), FaultOf(_config.FilePath));
    }

    [Fact]
    public void A_file_in_Latin_1_is_refused_with_the_line()
    {
        File.WriteAllBytes(_config.FilePath, Encoding.Latin1.GetBytes("{\n  \"routes\": [],\n  \"x\": \"Révision\"\n}"));

        Assert.Equal(new ConfigFault("$", 3, "the file is not UTF-8 in this line: save it as UTF-8"), FaultOf(_config.FilePath));
    }

    [Fact]
    public void A_file_of_16_MiB_is_read_and_a_byte_more_is_not()
    {
        var padding = new string(' ', ConfigFile.MaxBytes - Encoding.UTF8.GetByteCount(TestConfig.Good));
        _config.Write(TestConfig.Good + padding);
        Assert.Empty(_config.Read().Faults);

        _config.Write(TestConfig.Good + padding + " ");
        Assert.Equal($"the file {_config.FilePath} is larger than 16777216 bytes", FaultOf(_config.FilePath).Message);
    }

    [Fact]
    public void A_device_without_end_is_not_read() =>
        Assert.StartsWith("the file /dev/zero is no regular file", FaultOf("/dev/zero").Message);

    [Fact]
    public void Twenty_thousand_faults_are_all_reported()
    {
        var keys = string.Join(",\n", Enumerable.Range(0, 20_000).Select(i => $"\"k{i}\": {i}"));
        _config.Write($$"""{ "sources": {}, "consumers": {}, {{keys}} }""");

        Assert.Equal(20_001, _config.Read().Faults.Count);
    }

    private static ConfigFault FaultOf(string path) => Assert.Single(TestConfig.Loader().Read(path).Faults);
}
