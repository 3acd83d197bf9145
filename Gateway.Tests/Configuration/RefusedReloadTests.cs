using AngoGateway.Configuration;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.Logging.Testing;

namespace AngoGateway.Tests.Configuration;

/// <summary>What is said of a change, when the file itself is not what changed, or is no file.</summary>
public sealed class RefusedReloadTests : IDisposable
{
    private readonly TestConfig _config = new();
    private readonly FakeLogger<ConfigReloader> _logger = new();
    private readonly LiveSnapshot _live;
    private readonly GatewaySnapshot _first;
    private readonly ConfigReloader _reloader;

    public RefusedReloadTests()
    {
        File.WriteAllText(_config.PathOf("token"), "first");
        _config.Write(TestConfig.Good.Replace("\"env:SECRET\"", "\"file:token\"", StringComparison.Ordinal));
        var loader = TestConfig.Loader();
        var loaded = loader.Load(_config.FilePath, null);
        _first = loaded.Snapshot!;
        _live = new LiveSnapshot(_first);
        _reloader = new ConfigReloader(
            loader, loaded.Files, _live, (_, _) => Task.FromResult<IReadOnlyList<ConfigFault>>([]), TimeProvider.System, _logger);
    }

    public void Dispose()
    {
        _reloader.Dispose();
        _config.Dispose();
    }

    [Theory]
    [InlineData("gateway.json")]
    [InlineData("token")]
    public async Task A_pipe_in_a_files_place_is_refused_and_the_file_taken_when_it_is_back(string name)
    {
        var content = await File.ReadAllTextAsync(_config.PathOf(name));
        NamedPipe.Make(_config.PathOf(name));
        await TickAsync();
        Assert.Contains($"{_config.PathOf(name)} is no regular file", _live.RefusedReload);
        Assert.Same(_first, _live.Current);

        File.Delete(_config.PathOf(name));
        await File.WriteAllTextAsync(_config.PathOf(name), content + "\n\n");
        await TickAsync();
        Assert.Null(_live.RefusedReload);
        Assert.NotSame(_first, _live.Current);
    }

    [Fact]
    public async Task A_bad_secret_file_is_not_called_a_refused_revision()
    {
        await File.WriteAllTextAsync(_config.PathOf("token"), "");
        await TickAsync();

        Assert.StartsWith($"a changed secret file was refused, revision {_first.Revision} goes on with the secrets it has: ", _live.RefusedReload);
        Assert.Contains("token is empty", _live.RefusedReload);
        Assert.Contains("A changed secret file was refused", _logger.LatestRecord.Message);
    }

    [Fact]
    public async Task A_good_secret_file_is_not_called_a_new_revision()
    {
        await File.WriteAllTextAsync(_config.PathOf("token"), "second");
        await TickAsync();

        Assert.NotSame(_first, _live.Current);
        Assert.Equal($"A changed secret file is in force, with configuration {_first.Revision} as before", _logger.LatestRecord.Message);
    }

    [Fact]
    public async Task Another_drain_is_taken()
    {
        _config.Write((await File.ReadAllTextAsync(_config.FilePath)).Replace("\"listen\": {", "\"listen\": { \"drain\": \"00:00:07\",", StringComparison.Ordinal));
        await TickAsync();

        Assert.Null(_live.RefusedReload);
        Assert.Equal(TimeSpan.FromSeconds(7), _live.Current.Listen.DrainTime);
    }

    // Opening a pipe would block the thread: not the test's.
    private Task TickAsync() => Task.Run(() => _reloader.CheckAsync(CancellationToken.None)).WaitAsync(TimeSpan.FromSeconds(30));
}
