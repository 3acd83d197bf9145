using AngoGateway.Configuration;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Configuration;

/// <summary>Pipes and devices where a file should be: to open one can take for ever, so none is.</summary>
public sealed class SpecialFileTests : IDisposable
{
    private const string Refusal = "is no regular file, but a pipe, a socket or a device: name a file";

    private readonly TestConfig _config = new();

    public void Dispose() => _config.Dispose();

    [Fact]
    public async Task A_pipe_is_refused_unopened()
    {
        var pipe = NamedPipe.Make(_config.PathOf("pipe"));

        Assert.Equal(Refusal, (await ReadAsync(pipe)).Fault);
    }

    [Fact]
    public async Task A_link_to_a_pipe_is_one_too()
    {
        NamedPipe.Make(_config.PathOf("pipe"));
        File.CreateSymbolicLink(_config.PathOf("link"), "pipe");

        Assert.Equal(Refusal, (await ReadAsync(_config.PathOf("link"))).Fault);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public async Task A_device_is_refused(string path) => Assert.Equal(Refusal, (await ReadAsync(path)).Fault);

    [Fact]
    public async Task Files_links_to_them_and_what_is_not_there_are_as_ever()
    {
        File.CreateSymbolicLink(_config.PathOf("link"), "gateway.json");

        Assert.NotNull((await ReadAsync(_config.FilePath)).Bytes);
        Assert.NotNull((await ReadAsync(_config.PathOf("link"))).Bytes);
        Assert.NotNull((await ReadAsync("/proc/self/status")).Bytes);
        Assert.Equal("does not exist", (await ReadAsync(_config.PathOf("nothing"))).Fault);
    }

    [Fact]
    public async Task As_gateway_json_and_as_a_secret_it_is_a_fault_like_others()
    {
        NamedPipe.Make(_config.PathOf("pipe"));
        _config.Write(TestConfig.Good.Replace("env:SECRET", "file:pipe", StringComparison.Ordinal));

        var secret = Assert.Single((await LoadAsync()).Faults);
        NamedPipe.Make(_config.FilePath);
        var whole = Assert.Single((await LoadAsync()).Faults);

        Assert.Equal(("$.sources.ango.auth.secrets[0]", $"the file {_config.PathOf("pipe")} {Refusal}"), (secret.Path, secret.Message));
        Assert.Equal(("$", $"the file {_config.FilePath} {Refusal}"), (whole.Path, whole.Message));
    }

    private Task<ConfigReading> LoadAsync() => Task.Run(_config.Read).WaitAsync(TimeSpan.FromSeconds(30));

    private static Task<FileReading> ReadAsync(string path) => Task.Run(() => FileReading.Of(path, 1 << 20)).WaitAsync(TimeSpan.FromSeconds(30));
}
