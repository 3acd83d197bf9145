using AngoGateway.Configuration;
using AngoGateway.Telemetry;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Configuration;

public sealed class ConfigReloaderTests : IDisposable
{
    private readonly TestConfig _config = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger<ConfigReloader> _logger = new();
    private readonly LiveSnapshot _live;
    private readonly GatewaySnapshot _first;
    private readonly ConfigReloader _reloader;
    private SnapshotGate _gate = (_, _) => Task.FromResult<IReadOnlyList<ConfigFault>>([]);

    public ConfigReloaderTests()
    {
        File.WriteAllText(_config.PathOf("token"), "first");
        _config.Write(TestConfig.Good.Replace("\"env:SECRET\"", "\"file:token\"", StringComparison.Ordinal));
        var loader = TestConfig.Loader(_time);
        var loaded = loader.Load(_config.FilePath, null);
        _first = loaded.Snapshot!;
        _live = new LiveSnapshot(_first);
        _reloader = new ConfigReloader(loader, loaded.Files, _live, (next, token) => _gate(next, token), _time, _logger);
    }

    public void Dispose()
    {
        _reloader.Dispose();
        _config.Dispose();
    }

    private string Text => File.ReadAllText(_config.FilePath);

    [Fact]
    public async Task An_unchanged_file_is_a_no_op()
    {
        _gate = (_, _) => throw new InvalidOperationException("nobody should ask");
        File.SetLastWriteTimeUtc(_config.FilePath, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        await Tick();

        Assert.Same(_first, _live.Current);
        Assert.Empty(_logger.Collector.GetSnapshot());
    }

    [Fact]
    public async Task A_good_change_is_swapped_in_after_the_gate()
    {
        var steps = new List<string>();
        _gate = (next, _) =>
        {
            steps.Add($"gate {next.Revision} while {_live.Current.Revision}");
            return Task.FromResult<IReadOnlyList<ConfigFault>>([]);
        };
        _live.Swapped += next => steps.Add($"swapped {next.Revision}");
        _config.Write(Text.Replace("9000", "9009", StringComparison.Ordinal));

        await Tick();

        Assert.Equal("http://127.0.0.1:9009/ango", _live.Current.Consumers["training"].Config.Url);
        Assert.Equal([$"gate {_live.Current.Revision} while {_first.Revision}", $"swapped {_live.Current.Revision}"], steps);
        Assert.Equal(LogLevel.Information, Assert.Single(_logger.Collector.GetSnapshot()).Level);
    }

    [Fact]
    public async Task A_bad_change_is_refused_with_all_its_faults_and_logged_once()
    {
        _config.Write("{ \"sources\": {}, \"consumers\": [] }");

        await Tick();
        await Tick();

        Assert.Same(_first, _live.Current);
        Assert.Contains("$.sources", _live.RefusedReload);
        Assert.Contains("$.consumers", _live.RefusedReload);
        var line = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains("2 faults: line 1, $.consumers", line.Message);
    }

    [Fact]
    public async Task Another_bad_content_is_logged_again()
    {
        _config.Write("{");
        await Tick();
        _config.Write("{ ");
        await Tick();

        Assert.Equal(2, _logger.Collector.Count);
    }

    [Fact]
    public async Task A_good_change_after_a_bad_one_clears_the_refusal()
    {
        var good = Text;
        _config.Write("{");
        await Tick();
        _config.Write(good.Replace("9000", "9009", StringComparison.Ordinal));
        await Tick();

        Assert.Null(_live.RefusedReload);
        Assert.NotSame(_first, _live.Current);
    }

    [Fact]
    public async Task A_bad_change_taken_back_clears_the_refusal_without_a_swap()
    {
        var good = Text;
        _config.Write("{");
        await Tick();
        _config.Write(good);
        await Tick();

        Assert.Null(_live.RefusedReload);
        Assert.Same(_first, _live.Current);
    }

    [Fact]
    public async Task What_the_gate_refuses_is_refused()
    {
        _gate = (_, _) => Task.FromResult<IReadOnlyList<ConfigFault>>([new("$.consumers.training", 6, "YARP says no")]);
        _config.Write(Text.Replace("9000", "9009", StringComparison.Ordinal));

        await Tick();

        Assert.Same(_first, _live.Current);
        Assert.EndsWith("line 6, $.consumers.training: YARP says no", _live.RefusedReload);
    }

    [Fact]
    public async Task A_gate_that_throws_is_asked_again_and_logged_once()
    {
        var asked = 0;
        _gate = (_, _) => ++asked < 3 ? throw new InvalidOperationException() : Task.FromResult<IReadOnlyList<ConfigFault>>([]);
        _config.Write(Text.Replace("9000", "9009", StringComparison.Ordinal));

        await Tick();
        await Tick();
        Assert.NotNull(_live.RefusedReload);
        Assert.Equal(1, _logger.Collector.Count);
        await Tick();

        Assert.Null(_live.RefusedReload);
        Assert.NotSame(_first, _live.Current);
    }

    [Theory]
    [InlineData("\"type\": \"memory\"", "\"type\": \"sqlite\"", "$.journal")]
    [InlineData("\"admin\": \"http://127.0.0.1:0\"", "\"admin\": \"http://127.0.0.1:9\"", "$.listen")]
    public async Task What_needs_a_restart_is_refused(string before, string after, string path)
    {
        _config.Write(Text.Replace(before, after, StringComparison.Ordinal));

        await Tick();

        Assert.Same(_first, _live.Current);
        Assert.Contains($"{path}: ", _live.RefusedReload);
        Assert.Contains("restart", _live.RefusedReload);
    }

    [Fact]
    public async Task A_changed_secret_file_is_a_change()
    {
        await File.WriteAllTextAsync(_config.PathOf("token"), "second");

        await Tick();

        Assert.NotSame(_first, _live.Current);
        Assert.Equal(_first.Revision, _live.Current.Revision);
    }

    [Fact]
    public async Task A_secret_file_that_goes_is_refused_and_taken_when_it_is_back()
    {
        File.Delete(_config.PathOf("token"));
        await Tick();
        Assert.Contains("does not exist", _live.RefusedReload);

        await File.WriteAllTextAsync(_config.PathOf("token"), "second");
        await Tick();
        Assert.Null(_live.RefusedReload);
        Assert.NotSame(_first, _live.Current);
    }

    [Fact]
    public async Task A_missing_file_is_refused_and_taken_when_it_is_back()
    {
        var next = Text.Replace("9000", "9009", StringComparison.Ordinal);
        File.Delete(_config.FilePath);
        await Tick();
        Assert.Same(_first, _live.Current);
        Assert.Contains("does not exist", _live.RefusedReload);

        _config.Write(next);
        await Tick();
        Assert.NotSame(_first, _live.Current);
    }

    [Fact]
    public async Task A_file_cut_at_any_byte_never_takes_the_place_of_the_good_one()
    {
        var next = System.Text.Encoding.UTF8.GetBytes(Text.Replace("9000", "9009", StringComparison.Ordinal).TrimEnd());
        for (var length = 0; length < next.Length; length++)
        {
            await File.WriteAllBytesAsync(_config.FilePath, next[..length]);
            await Tick();
            Assert.Same(_first, _live.Current);
            Assert.NotNull(_live.RefusedReload);
        }

        await File.WriteAllBytesAsync(_config.FilePath, next);
        await Tick();
        Assert.NotSame(_first, _live.Current);
    }

    [Fact]
    public async Task A_swapped_symbolic_link_is_a_change()
    {
        // How Kubernetes replaces a config map: gateway.json → ..data/gateway.json, ..data → a folder per version.
        var (old, next) = (Text, Text.Replace("9000", "9009", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Directory.CreateDirectory(_config.PathOf("v1")).FullName + "/gateway.json", old);
        await File.WriteAllTextAsync(Directory.CreateDirectory(_config.PathOf("v2")).FullName + "/gateway.json", next);
        File.Delete(_config.FilePath);
        Directory.CreateSymbolicLink(_config.PathOf("..data"), "v1");
        File.CreateSymbolicLink(_config.FilePath, "..data/gateway.json");
        await Tick();
        Assert.Same(_first, _live.Current);

        Directory.CreateSymbolicLink(_config.PathOf("..tmp"), "v2");
        Directory.Delete(_config.PathOf("..data"));
        await Tick();
        Assert.Contains("does not exist", _live.RefusedReload);

        Directory.Move(_config.PathOf("..tmp"), _config.PathOf("..data"));
        await Tick();
        Assert.Equal("http://127.0.0.1:9009/ango", _live.Current.Consumers["training"].Config.Url);
    }

    [Fact]
    public async Task Each_outcome_is_counted()
    {
        using var reloads = new MetricCollector<long>(Metrics.Meter, "gateway.config.reloads");
        _config.Write("{");
        await Tick();
        _config.Write(TestConfig.Good);
        await Tick();

        var outcomes = reloads.GetMeasurementSnapshot().Select(measurement => measurement.Tags["outcome"]);
        Assert.Superset(new HashSet<object?> { "refused", "applied" }, outcomes.ToHashSet());
    }

    [Fact]
    public async Task It_looks_every_second_by_itself_and_stops_with_the_host()
    {
        var swapped = new TaskCompletionSource<GatewaySnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        _live.Swapped += next => swapped.TrySetResult(next);
        await _reloader.StartAsync(CancellationToken.None);
        _config.Write(Text.Replace("9000", "9009", StringComparison.Ordinal));

        while (!swapped.Task.IsCompleted)
        {
            // ExecuteAsync starts on another thread: the timer may not be there for the first advance.
            _time.Advance(ConfigReloader.Interval);
            await Task.Yield();
        }

        Assert.Same(_live.Current, await swapped.Task);
        await _reloader.StopAsync(CancellationToken.None);
        Assert.True(_reloader.ExecuteTask!.IsCompletedSuccessfully);
    }

    private Task Tick() => _reloader.CheckAsync(CancellationToken.None);
}
