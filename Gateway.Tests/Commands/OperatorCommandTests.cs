using System.CommandLine;
using AngoGateway.Commands;
using AngoGateway.Tests.Operator;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Operator.OperatorHost;

namespace AngoGateway.Tests.Commands;

/// <summary>The operator's commands against a real gateway, as a script runs them: no terminal, no questions.</summary>
public sealed class OperatorCommandTests
{
    [Fact]
    public async Task Consumers_items_and_event_show_what_did_not_arrive()
    {
        using var consumer = FakeConsumer.Start().Answers(410, "no such label schema");
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        var id = Assert.Single(await gateway.AcceptAsync(1));
        await gateway.WaitForCountAsync("state=dead", 1);

        var consumers = await RunAsync(gateway, ConsumersCommand.Create());
        var items = await RunAsync(gateway, ItemsCommand.Create(), "--state", "dead", "--from", "2020-01-01", "--until", "2120-01-01T00:00:00+02:00");
        var count = await RunAsync(gateway, ItemsCommand.Create(), "--consumer", "training", "--count");
        var story = await RunAsync(gateway, EventCommand.Create(), id);

        Assert.Equal("", consumers.Error + items.Error + count.Error + story.Error);
        Assert.Matches(@"^CONSUMER  STATE   PENDING  OLDEST  DEAD  SINCE\ntraining  active  0                1\n$", consumers.Output);
        Assert.Matches($@"Z  dead   {id}\.training  Review  Review-0  1      410", items.Output);
        Assert.Equal("1\n", count.Output);
        Assert.Contains($"{id}.training: dead", story.Output, StringComparison.Ordinal);
        Assert.Contains("no such label schema", story.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", story.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_counts_asks_for_yes_and_follows_to_the_end()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        await gateway.AcceptAsync(2);
        await gateway.WaitForCountAsync("state=dead", 2);
        consumer.Answers(200);

        var counted = await RunAsync(gateway, ReplayCommand.Create(), "--consumer", "training", "--dry-run");
        var unsure = await RunAsync(gateway, ReplayCommand.Create(), "--consumer", "training");
        Assert.Equal((0, "2 match\n"), (counted.ExitCode, counted.Output));
        Assert.Equal((1, "Nothing was changed: add --yes to replay 2, or --dry-run to count only.\n"), (unsure.ExitCode, unsure.Error));
        Assert.Equal(2, await gateway.CountAsync("state=dead"));

        var done = await RunAsync(gateway, ReplayCommand.Create(), "--consumer", "training", "--yes");
        Assert.Equal((0, ""), (done.ExitCode, done.Error));
        Assert.Matches(@"is done: 2 replayed, 0 skipped\n$", done.Output);
        await consumer.WaitForAsync(4, Soon);

        var nothing = await RunAsync(gateway, ReplayCommand.Create(), "--consumer", "training");
        Assert.Equal((0, "nothing matches\n"), (nothing.ExitCode, nothing.Output));
    }

    [Fact]
    public async Task One_event_is_sent_to_another_consumer_and_one_delivery_is_discarded()
    {
        using var refusing = FakeConsumer.Start().Answers(410);
        using var other = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(
            """[ { "match": {}, "to": ["training"] } ]""", ("training", refusing.Url), ("other", other.Url)));
        var id = Assert.Single(await gateway.AcceptAsync(1));
        await gateway.WaitForCountAsync("state=dead", 1);

        var discarded = await RunAsync(gateway, DiscardCommand.Create(), "--delivery", $"{id}.training", "--yes");
        var sent = await RunAsync(gateway, ReplayCommand.Create(), "--event", id, "--to", "other", "--yes");

        Assert.Equal((0, "1 matches\n1 discarded\n"), (discarded.ExitCode, discarded.Output));
        Assert.Equal((0, ""), (sent.ExitCode, sent.Error));
        Assert.Equal($"{id}.other", Assert.Single(await other.WaitForAsync(1, Soon)).Headers["X-Gateway-Delivery-Id"]);
    }

    [Fact]
    public async Task Interrupting_stops_the_following_and_not_the_replay()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        await gateway.AcceptAsync(30);
        await gateway.WaitForCountAsync("state=dead", 30);
        await RunAsync(gateway, ConsumersCommand.CreatePause(), "training");
        using var interrupt = new CancellationTokenSource();
        using var output = new InterruptingWriter(interrupt);
        using var error = new StringWriter();

        var exitCode = await ReplayCommand.Create().Parse(["--yes", "--rate", "1", "--admin", gateway.Admin.BaseAddress!.ToString()])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, interrupt.Token);

        Assert.Equal(130, exitCode);
        var replay = Assert.Single((await gateway.GetOkAsync("/api/replays"))["replays"]!.AsArray())!;
        Assert.Equal("running", (string)replay["state"]!);
        Assert.Contains($"goes on in the gateway; see it with: replay --follow {replay["id"]}", error.ToString(), StringComparison.Ordinal);

        var cancelled = await RunAsync(gateway, ReplayCommand.Create(), "--cancel", (string)replay["id"]!);
        Assert.Contains("was cancelled", cancelled.Output, StringComparison.Ordinal);
        var followed = await RunAsync(gateway, ReplayCommand.Create(), "--follow", (string)replay["id"]!);
        Assert.Equal(1, followed.ExitCode);
    }

    [Fact]
    public async Task Pause_and_resume_say_what_is_now_and_json_is_the_APIs()
    {
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", "http://127.0.0.1:9")));

        var paused = await RunAsync(gateway, ConsumersCommand.CreatePause(), "training");
        var json = await RunAsync(gateway, ConsumersCommand.Create(), "--json");
        var resumed = await RunAsync(gateway, ConsumersCommand.CreateResume(), "training");
        var unknown = await RunAsync(gateway, ConsumersCommand.CreatePause(), "trainin");

        Assert.Equal("training is paused: its events are kept until it is resumed (0 pending)\n", paused.Output);
        Assert.Contains("""{"name":"training","state":"paused","pending":0,""", json.Output, StringComparison.Ordinal);
        Assert.Equal("training is resumed (0 pending)\n", resumed.Output);
        Assert.Equal((1, "404: There is no such consumer. \"trainin\" is not in the configuration: did you mean \"training\"?\n"), (unknown.ExitCode, unknown.Error));
    }

    [Theory]
    [InlineData("items", "--from yesterday", "is no time")]
    [InlineData("items", "--state deaf", "did you mean \"dead\"?")]
    [InlineData("items", "--limit 0", "1 to 1000")]
    [InlineData("items", "--limit many", "--limit takes a whole number from 1 to 1000, not 'many'.")]
    [InlineData("items", "--count --limit 3", "--count counts all that match: leave --limit out.")]
    [InlineData("items", "--count --after 8.0.training", "--count counts all that match: leave --after out.")]
    [InlineData("pause", "", "'' is no consumer's name")]
    [InlineData("pause", "..", "'..' is no consumer's name")]
    [InlineData("event", "", "'' is no event's id")]
    [InlineData("items", "--admin localhost:8081", "no http or https address")]
    [InlineData("items", "--token sesame", "never the secret itself")]
    [InlineData("event", "7", "no event id")]
    [InlineData("replay", "--rate 0", "1 to 10000")]
    [InlineData("replay", "--to trainin --yes", "did you mean \"training\"?")]
    [InlineData("replay", "--state pending --yes", "anyway")]
    [InlineData("replay", "--cancel x --yes", "stands alone")]
    [InlineData("replay", "--cancel x", "'x' is no replay's id")]
    [InlineData("replay", "--cancel 0198c5a0-0000-7000-8000-000000000000", "There is no such replay")]
    [InlineData("discard", "--yes", "too wide")]
    [InlineData("discard", "--state delivered --consumer training --yes", "only \"dead\" and \"pending\"")]
    public async Task A_slip_is_named_and_exits_with_1(string command, string arguments, string words)
    {
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", "http://127.0.0.1:9")));
        var given = arguments.Split(' ');
        string[] admin = given.Contains("--admin") ? [] : ["--admin", gateway.Admin.BaseAddress!.ToString()];

        var run = await CommandRun.RunAsync(CommandLine.Create(), [command, .. given, .. admin]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_opens_a_wrong_one_is_named_by_its_reference_and_a_missing_one_is_asked_for()
    {
        var folder = Directory.CreateTempSubdirectory("ango-gateway-test-").FullName;
        try
        {
            var (right, wrong) = (Path.Combine(folder, "right"), Path.Combine(folder, "wrong"));
            await File.WriteAllTextAsync(right, "s3same\n");
            await File.WriteAllTextAsync(wrong, "sesame\n");
            await using var gateway = await GatewayHost.StartAsync(
                """{ "journal": { "type": "memory" }, "operator": { "tokens": "file:right" } }""", folder);

            Assert.Equal(0, (await RunAsync(gateway, ConsumersCommand.Create(), "--token", $"file:{right}")).ExitCode);
            var refused = await RunAsync(gateway, ConsumersCommand.Create(), "--token", $"file:{wrong}");
            var missing = await RunAsync(gateway, ConsumersCommand.Create());

            Assert.Contains($"does not accept the token of file:{wrong}", refused.Error, StringComparison.Ordinal);
            Assert.Contains("wants a token: add --token", missing.Error, StringComparison.Ordinal);
            Assert.Equal((1, 1), (refused.ExitCode, missing.ExitCode));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Nobody_there_and_the_wrong_listener_are_told_apart()
    {
        Uri admin;
        await using (var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }"""))
        {
            admin = gateway.Admin.BaseAddress!;
            var wrong = await CommandRun.RunAsync(ConsumersCommand.Create(), "--admin", gateway.Public.BaseAddress!.ToString());
            Assert.Equal(1, wrong.ExitCode);
            Assert.Contains("admin listener", wrong.Error, StringComparison.Ordinal);
        }

        var nobody = await CommandRun.RunAsync(ConsumersCommand.Create(), "--admin", admin.ToString());
        Assert.Equal(1, nobody.ExitCode);
        Assert.Contains($"{admin} cannot be reached: Connection refused. Is the gateway running", nobody.Error, StringComparison.Ordinal);
    }

    private static Task<CommandRun> RunAsync(GatewayHost gateway, Command command, params string[] arguments) =>
        CommandRun.RunAsync(command, [.. arguments, "--admin", gateway.Admin.BaseAddress!.ToString()]);

    /// <summary>Presses Ctrl-C when the first line of progress is printed.</summary>
    private sealed class InterruptingWriter(CancellationTokenSource interrupt) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains("is running", StringComparison.Ordinal) is true)
                interrupt.Cancel();
        }
    }
}
