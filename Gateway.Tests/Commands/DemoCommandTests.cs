using AngoGateway.Commands;

namespace AngoGateway.Tests.Commands;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task The_demonstration_goes_as_it_says_and_prints_plain_text_when_piped()
    {
        var run = await CommandRun.RunAsync(DemoCommand.Create());

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.Equal(DemoScene.All.Length, run.Output.Split('\n').Count(line => line.StartsWith("✓ ", StringComparison.Ordinal)));
        Assert.Contains("6 sent. training got 2, qa got 1, audit got 1: 4 deliveries, 4 expected.", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void Its_scenes_are_the_ones_promised()
    {
        Assert.Contains(DemoScene.All, scene => scene is { Status: 202, ReceivedBy.Length: 1 });
        Assert.Contains(DemoScene.All, scene => scene is { Status: 200, ReceivedBy.Length: 0 });
        Assert.Contains(DemoScene.All, scene => scene is { Status: 401, SignedWell: false, ReceivedBy.Length: 0 });
        Assert.Contains(DemoScene.All, scene => scene is { Status: 202, ReceivedBy.Length: 2 });
        Assert.Contains(DemoScene.All, scene => scene is { Status: 202, ReceivedBy.Length: 0 });
        Assert.DoesNotContain(DemoScene.All, scene => scene.Sample == DemoScene.ForTheirOwnHands);
    }
}
