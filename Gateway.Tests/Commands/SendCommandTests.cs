using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using AngoGateway.Commands;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;

namespace AngoGateway.Tests.Commands;

public sealed class SendCommandTests : IDisposable
{
    private const string SecretText = "your_secret_key";

    private readonly WireMockServer _gateway = WireMockServer.Start();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("send-tests-");
    private readonly string _secret;

    public SendCommandTests()
    {
        _secret = "file:" + Write("secret", SecretText + "\n");
        Answer(202, """{"eventId":"0198c5a0-0000-7000-8000-000000000000","status":"accepted"}""");
    }

    private string Url => _gateway.Url + "/hooks/ango";

    public void Dispose()
    {
        _gateway.Stop();
        _gateway.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_sample_is_signed_as_its_published_signature_says()
    {
        using var signatures = JsonDocument.Parse(await File.ReadAllBytesAsync(SamplePath("signatures.json")));
        foreach (var file in signatures.RootElement.GetProperty("files").EnumerateObject())
        {
            _gateway.ResetLogEntries();
            var run = await SendAsync(SamplePath(file.Name), "--secret", _secret);

            Assert.Equal(0, run.ExitCode);
            var request = Assert.Single(Requests());
            Assert.Equal(file.Value.GetProperty("signature").GetString(), request.Signature);
            Assert.Equal(await File.ReadAllBytesAsync(SamplePath(file.Name)), request.Body);
            Assert.Equal("application/json", request.ContentType);
            Assert.Contains("accepted 0198c5a0", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("01-stage-2023")]
    [InlineData("04-label-completed-v2")]
    [InlineData("08-history-decoy")]
    public async Task Unique_copies_differ_in_task_and_time_only_and_are_signed_anew(string sample)
    {
        var run = await SendAsync("--sample", sample, "--secret", _secret, "--unique", "--count", "30", "--concurrency", "4");

        Assert.Equal(0, run.ExitCode);
        var requests = Requests();
        Assert.Equal(30, requests.Length);
        var original = SampleLibrary.Find(sample)!.Bytes;
        var (originalTask, originalTime) = Identity(original);
        Assert.Equal(30, requests.Select(request => Identity(request.Body).TaskId).Distinct().Count());
        foreach (var request in requests)
        {
            Assert.Equal(Sign(request.Body), request.Signature);
            Assert.Matches("^[0-9a-f]{24}$", Identity(request.Body).TaskId);
            Assert.True(DateTimeOffset.Parse(Identity(request.Body).UpdatedAt) > DateTimeOffset.Parse(originalTime).AddDays(1));
            var restored = TaskSplice.Locate(request.Body).Replace(request.Body, originalTask, originalTime);
            Assert.Equal(original, restored);
        }
    }

    [Fact]
    public async Task Copies_of_the_present_moment_are_duplicates_of_each_other()
    {
        var run = await SendAsync("--sample", "03", "--secret", _secret, "--now", "--count", "5");

        Assert.Equal(0, run.ExitCode);
        var original = Identity(SampleLibrary.Find("03")!.Bytes);
        var sent = Assert.Single(Requests().Select(request => Identity(request.Body)).Distinct());
        Assert.Equal(original.TaskId, sent.TaskId);
        Assert.NotEqual(original.UpdatedAt, sent.UpdatedAt);
    }

    [Fact]
    public async Task Sha256_and_another_header_are_used_when_asked_for()
    {
        await SendAsync("--sample", "02", "--secret", _secret, "--algorithm", "sha256", "--header", "X-Other");

        var message = Assert.Single(_gateway.LogEntries).RequestMessage!;
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData("your_secret_key"u8, SampleLibrary.Find("02")!.Bytes));
        Assert.Equal(expected, Assert.Single(message.Headers!["X-Other"]));
        Assert.False(message.Headers.ContainsKey("X-Hub-Signature"));
    }

    [Fact]
    public async Task A_bearer_token_goes_without_a_signature_and_unsigned_without_either()
    {
        await SendAsync("--sample", "02", "--bearer", _secret);
        await SendAsync("--sample", "02", "--unsigned");

        var headers = _gateway.LogEntries.Select(entry => entry.RequestMessage!.Headers!).ToArray();
        Assert.Equal("Bearer your_secret_key", Assert.Single(headers[0]["Authorization"]));
        Assert.False(headers[1].ContainsKey("Authorization"));
        Assert.All(headers, sent => Assert.False(sent.ContainsKey("X-Hub-Signature")));
    }

    [Fact]
    public async Task Any_answer_but_2xx_fails_the_command_and_is_counted()
    {
        Answer(401, """{"title":"Not verified","status":401}""");
        var run = await SendAsync("--sample", "01", "--sample", "02", "--secret", _secret);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("401 Not verified", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 sent", run.Output, StringComparison.Ordinal);
        Assert.Contains("401: 2", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"p50 [\d.]+ ms, p99 [\d.]+ ms", run.Output);
    }

    [Fact]
    public async Task A_redirect_is_reported_and_not_followed()
    {
        _gateway.Reset();
        _gateway.Given(Request.Create()).RespondWith(Response.Create().WithStatusCode(307).WithHeader("Location", _gateway.Url + "/elsewhere"));
        var run = await SendAsync("--sample", "01", "--secret", _secret);

        Assert.Equal(1, run.ExitCode);
        Assert.Single(_gateway.LogEntries);
        Assert.Contains("307: 1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_address_is_named_with_the_reason()
    {
        var url = Url;
        _gateway.Stop();
        var run = await CommandRun.RunAsync(SendCommand.Create(), "--to", url, "--sample", "01", "--secret", _secret);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"no answer from {url}: Connection refused", run.Error, StringComparison.Ordinal);
        Assert.Contains("no answer: 1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_secret_is_printed_nowhere()
    {
        var run = await SendAsync("--sample", "01", "--secret", _secret);
        var mistaken = await SendAsync("--sample", "01", "--secret", SecretText);

        Assert.DoesNotContain(SecretText, run.Output + run.Error + mistaken.Output + mistaken.Error, StringComparison.Ordinal);
        Assert.Equal(1, mistaken.ExitCode);
        Assert.Contains("env:NAME or file:PATH", mistaken.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no file /nowhere/x.json", "/nowhere/x.json", "--unsigned")]
    [InlineData("Nothing to send", "--unsigned")]
    [InlineData("no one sample '0'", "--sample", "0", "--unsigned")]
    [InlineData("exactly one of --secret", "--sample", "01")]
    [InlineData("exactly one of --secret", "--sample", "01", "--unsigned", "--bearer", "env:PATH")]
    [InlineData("--secret: the environment variable ANGO_NOT_SET_ANYWHERE is not set", "--sample", "01", "--secret", "env:ANGO_NOT_SET_ANYWHERE")]
    [InlineData("--secret: the file /nowhere/secret does not exist", "--sample", "01", "--secret", "file:/nowhere/secret")]
    [InlineData("'md5' is no algorithm", "--sample", "01", "--unsigned", "--algorithm", "md5")]
    [InlineData("'a b' is no header name", "--sample", "01", "--unsigned", "--header", "a b")]
    [InlineData("/dev/null is no regular file", "/dev/null", "--unsigned")]
    [InlineData("--unique sets updatedAt to the present moment already", "--sample", "01", "--unsigned", "--unique", "--now")]
    [InlineData("--count takes a whole number from 1 to 2147483647, not '1.5'.", "--sample", "01", "--unsigned", "--count", "1.5")]
    [InlineData("--rate takes a number from 0.001 to 1000000, not 'fast'.", "--sample", "01", "--unsigned", "--rate", "fast")]
    [InlineData("--count 0 is out of bounds", "--sample", "01", "--unsigned", "--count", "0")]
    [InlineData("--rate -1 is out of bounds", "--sample", "01", "--unsigned", "--rate", "-1")]
    [InlineData("--concurrency 0 is out of bounds", "--sample", "01", "--unsigned", "--concurrency", "0")]
    [InlineData("--timeout 0 is out of bounds", "--sample", "01", "--unsigned", "--timeout", "0")]
    public async Task A_mistake_is_named_and_nothing_is_sent(string expected, params string[] arguments)
    {
        var run = await SendAsync(arguments);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Empty(_gateway.LogEntries);
    }

    [Theory]
    [InlineData("127.0.0.1:8080/hooks")]
    [InlineData("ftp://127.0.0.1/hooks")]
    [InlineData("/hooks/ango")]
    [InlineData("http://user:pass@127.0.0.1/hooks")]
    public async Task A_bad_address_is_refused(string url)
    {
        var run = await CommandRun.RunAsync(SendCommand.Create(), "--to", url, "--sample", "01", "--unsigned");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("address", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("user:pass", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "is not JSON (line 1)", "--now")]
    [InlineData("{}", "has no task.updatedAt", "--unique")]
    [InlineData("""{"task":{"updatedAt":"x"}}""", "has no task.taskId", "--unique")]
    public async Task What_cannot_be_freshened_is_refused_before_anything_is_sent(string payload, string expected, string option)
    {
        var run = await SendAsync(Write("payload.json", payload), "--unsigned", option);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("payload.json " + expected, run.Error, StringComparison.Ordinal);
        Assert.Empty(_gateway.LogEntries);
    }

    [Fact]
    public async Task Escape_sequences_in_an_answer_do_not_reach_the_terminal()
    {
        Answer(200, """{"status":"\u001b[31mred"}""");
        var run = await SendAsync("--sample", "01", "--unsigned");

        Assert.DoesNotContain("\u001b", run.Output, StringComparison.Ordinal);
        Assert.Contains("[31mred", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interruption_ends_with_the_summary()
    {
        using var stop = new CancellationTokenSource();
        var requests = 0;
        _gateway.Reset();
        _gateway.Given(Request.Create()).RespondWith(Response.Create().WithCallback(_ =>
        {
            if (Interlocked.Increment(ref requests) == 3)
            {
                stop.Cancel();
            }

            return new WireMock.ResponseMessage { StatusCode = 202 };
        }));
        using var output = new StringWriter();
        string[] arguments = ["--to", Url, "--sample", "01", "--unsigned", "--count", "1000", "--concurrency", "1"];
        var exitCode = await SendCommand.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output }, stop.Token);

        Assert.Equal(130, exitCode);
        Assert.Equal(3, requests);
        Assert.Matches(@"^[23] sent in .*202: [23] ", output.ToString());
        Assert.Matches("interrupted: 99[78] of 1000 were not sent", output.ToString());
    }

    private static string SamplePath(string name) => Path.Combine(AppContext.BaseDirectory, "Samples", name);

#pragma warning disable CA5350 // HMAC-SHA1 is what Ango Hub signs with.
    private static string Sign(byte[] body) => Convert.ToHexStringLower(HMACSHA1.HashData("your_secret_key"u8, body));
#pragma warning restore CA5350

    private static (string TaskId, string UpdatedAt) Identity(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var task = json.RootElement.TryGetProperty("task", out var one) ? one : json.RootElement.GetProperty("tasks")[0];
        return (task.GetProperty("taskId").GetString()!, task.GetProperty("updatedAt").GetString()!);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private void Answer(int status, string body)
    {
        _gateway.Reset();
        _gateway.Given(Request.Create().UsingPost())
            .RespondWith(Response.Create().WithStatusCode(status).WithHeader("Content-Type", "application/json").WithBody(body));
    }

    private Task<CommandRun> SendAsync(params string[] arguments) =>
        CommandRun.RunAsync(SendCommand.Create(), ["--to", Url, .. arguments]);

    private (string? Signature, string? ContentType, byte[] Body)[] Requests() =>
    [
        .. _gateway.LogEntries.Select(entry => entry.RequestMessage!).Select(message => (
            message.Headers!.TryGetValue("X-Hub-Signature", out var signature) ? Assert.Single(signature) : null,
            message.Headers!.TryGetValue("Content-Type", out var type) ? Assert.Single(type) : null,
            message.BodyAsBytes!)),
    ];
}
