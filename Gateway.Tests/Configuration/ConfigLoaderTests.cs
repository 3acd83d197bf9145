using AngoGateway.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Configuration;

public sealed class ConfigLoaderTests : IDisposable
{
    private readonly TestConfig _config = new();

    public void Dispose() => _config.Dispose();

    [Fact]
    public void A_good_file_becomes_a_snapshot()
    {
        var result = TestConfig.Loader().Load(_config.FilePath, null);

        Assert.Empty(result.Faults);
        var snapshot = Assert.IsType<GatewaySnapshot>(result.Snapshot);
        Assert.Equal("ango", snapshot.Sources["/hooks/ango"].Name);
        Assert.Equal("http://127.0.0.1:9000/ango", snapshot.Consumers["training"].Config.Url);
        Assert.Equal(["training"], snapshot.Routes.Match("ango", new()).Queue.Select(consumer => consumer.Name));
    }

    [Fact]
    public void The_revision_is_the_files_hash()
    {
        File.WriteAllText(_config.FilePath, "abc");

        // FIPS 180-4's example.
        Assert.Equal("ba7816bf8f01", TestConfig.Loader().Load(_config.FilePath, null).Revision);
    }

    [Fact]
    public void A_bad_file_becomes_no_snapshot_but_faults()
    {
        _config.Write("{ \"sources\": {} }");

        var result = TestConfig.Loader().Load(_config.FilePath, null);

        Assert.Null(result.Snapshot);
        Assert.Equal(2, result.Faults.Count);
    }

    [Theory]
    [InlineData("\"admin\": \"http://127.0.0.1:0\"", "\"admin\": \"http://127.0.0.1:9\"", "$.listen", 2)]
    [InlineData("\"type\": \"memory\"", "\"type\": \"sqlite\"", "$.journal", 3)]
    [InlineData("\"type\": \"memory\"", "\"type\": \"memory\", \"path\": \"other.db\"", "$.journal", 3)]
    public void A_change_that_needs_a_restart_is_a_fault_beside_a_snapshot_in_force(string before, string after, string path, int line)
    {
        var loader = TestConfig.Loader();
        var inForce = loader.Load(_config.FilePath, null).Snapshot!;
        _config.Write(TestConfig.Good.Replace(before, after, StringComparison.Ordinal));

        var result = loader.Load(_config.FilePath, inForce);

        Assert.Null(result.Snapshot);
        var fault = Assert.Single(result.Faults);
        Assert.Equal((path, line), (fault.Path, fault.Line));
        Assert.Contains("restart", fault.Message);
        Assert.NotNull(loader.Load(_config.FilePath, null).Snapshot);
    }

    [Fact]
    public void A_section_that_only_spells_out_what_is_in_force_needs_no_restart()
    {
        var loader = TestConfig.Loader();
        var inForce = loader.Load(_config.FilePath, null).Snapshot!;
        _config.Write(TestConfig.Good.Replace("\"type\": \"memory\"", "\"type\": \"memory\", \"path\": \"./data/../data/gateway.db\"", StringComparison.Ordinal));

        Assert.Empty(loader.Load(_config.FilePath, inForce).Faults);
    }

    [Fact]
    public void A_sources_rate_limit_goes_on_over_a_reload()
    {
        var loader = TestConfig.Loader(new FakeTimeProvider());
        _config.Write(TestConfig.Good.Replace("\"path\":", "\"rateLimit\": { \"permits\": 1, \"window\": \"00:01:00\" }, \"path\":", StringComparison.Ordinal));
        var before = loader.Load(_config.FilePath, null).Snapshot!;
        Assert.True(before.Sources["/hooks/ango"].TryAdmit(out _));

        _config.Write(File.ReadAllText(_config.FilePath).Replace("/hooks/ango", "/hooks/moved", StringComparison.Ordinal));
        var after = loader.Load(_config.FilePath, before).Snapshot!;

        Assert.False(after.Sources["/hooks/moved"].TryAdmit(out _));
    }

    [Fact]
    public void Two_folders_with_the_same_file_have_journals_of_their_own()
    {
        using var other = new TestConfig();

        Assert.NotEqual(JournalOf(_config), JournalOf(other));

        static string JournalOf(TestConfig config) => TestConfig.Loader().Load(config.FilePath, null).Snapshot!.Journal.Path;
    }
}
