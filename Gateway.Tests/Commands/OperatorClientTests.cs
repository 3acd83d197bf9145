using AngoGateway.Commands;
using AngoGateway.Tests.Forwarding;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Commands;

public sealed class OperatorClientTests
{
    [Fact]
    public async Task A_server_that_never_answers_is_given_up_after_half_a_minute()
    {
        await using var silent = RawServer.BlackHole();
        var time = new FakeTimeProvider();
        using var client = new OperatorClient(new Uri(silent.Url), null, null, time);

        var asking = client.GetAsync("/api/consumers", CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var answer = await asking.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.True(answer.IsLost);
        Assert.StartsWith($"{silent.Url}/ did not answer within 30 s. Is this the admin listener", answer.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_whose_gateway_is_gone_is_named_and_said_to_go_on()
    {
        const string Id = "0198c5a0-0000-7000-8000-000000000000";

        var run = await CommandRun.RunAsync(ReplayCommand.Create(), "--follow", Id, "--admin", RawServer.DeadUrl());

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be reached", run.Error, StringComparison.Ordinal);
        Assert.Contains($"The replay goes on in the gateway, after a restart too; once it answers, see it with: replay --follow {Id}", run.Error, StringComparison.Ordinal);
    }
}
