using System.CommandLine;
using AngoGateway.Commands;

namespace AngoGateway.Tests.Commands;

public sealed class ListenCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("listen-tests-");
    private readonly CancellationTokenSource _stop = new();
    private readonly LineWriter _output = new();
    private readonly StringWriter _error = new();
    private Task<int> _running = Task.FromResult(-1);

    public void Dispose()
    {
        _stop.Dispose();
        _output.Dispose();
        _error.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_send_signs_listen_verifies_and_keeps_byte_for_byte()
    {
        var secret = WriteSecret("s3cret");
        var kept = Path.Combine(_folder.FullName, "kept");
        var url = await StartAsync("--secret", secret, "--save", kept);
        var run = await CommandRun.RunAsync(SendCommand.Create(), "--to", url + "ango", "--secret", secret, "--sample", "07");

        Assert.Equal(0, run.ExitCode);
        var line = await _output.NextAsync();
        Assert.Contains("POST /ango  1.9 KB  project 66a14babf345195c63ddadb2  task 66a1b44dbee39f835dbf8166", line, StringComparison.Ordinal);
        Assert.Contains("stage Révision – Étape 2", line, StringComparison.Ordinal);
        Assert.Contains("signature ok", line, StringComparison.Ordinal);
        Assert.DoesNotContain("@", line, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", line, StringComparison.Ordinal);
        Assert.Equal(SampleLibrary.Find("07")!.Bytes, await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(kept))));
        Assert.Equal(0, await StopAsync());
        Assert.Equal("1 arrived", await _output.NextAsync());
    }

    [Fact]
    public async Task A_bad_signature_is_shown_and_so_are_the_gateway_headers()
    {
        var url = await StartAsync("--secret", WriteSecret("right"), "--status", "503");
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent("{}"u8.ToArray()) };
        request.Headers.Add("X-Hub-Signature", new string('0', 40));
        request.Headers.Add("X-Gateway-Delivery-Id", "0198c5a0-0000-7000-8000-000000000000.training");
        request.Headers.Add("X-Gateway-Attempt", "3");
        using var response = await client.SendAsync(request);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Matches(@"POST /  2 B  delivery 0198c5a0-0000-7000-8000-000000000000\.training  attempt 3  signature BAD$", await _output.NextAsync());
        await StopAsync();
    }

    [Fact]
    public async Task Without_a_secret_nothing_is_checked_and_any_bytes_are_taken()
    {
        var url = await StartAsync("--body");
        using var client = new HttpClient();
        using var content = new ByteArrayContent("\u001b[2J not json"u8.ToArray());
        using var response = await client.PostAsync(new Uri(url), content);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.EndsWith("not JSON  signature not checked", await _output.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("\uFFFD[2J not json", await _output.NextAsync());
        await StopAsync();
    }

    [Fact]
    public async Task An_address_in_use_is_named()
    {
        var url = await StartAsync();
        var second = await CommandRun.RunAsync(ListenCommand.Create(), "--url", url);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"Cannot listen on {url.TrimEnd('/')}: ", second.Error, StringComparison.Ordinal);
        Assert.Contains("in use", second.Error, StringComparison.Ordinal);
        await StopAsync();
    }

    [Theory]
    [InlineData("is no http or https address", "--url", "nonsense")]
    [InlineData("Cannot listen on https://127.0.0.1:0, which has no certificate", "--url", "https://127.0.0.1:0")]
    [InlineData("Cannot listen on http://localhost:0, which takes a free port on localhost", "--url", "http://localhost:0")]
    [InlineData("Cannot listen on http://consumer.example:9000, which is neither an IP address nor localhost", "--url", "http://consumer.example:9000/ango")]
    [InlineData("Cannot listen on http://192.0.2.1:9000: ", "--url", "http://192.0.2.1:9000")]
    [InlineData("Cannot keep payloads in /dev/null/kept: ", "--save", "/dev/null/kept")]
    [InlineData("--status takes a whole number from 200 to 599, not 'x'.", "--status", "x")]
    [InlineData("--status 99 is out of bounds", "--status", "99")]
    public async Task A_mistake_is_named(string expected, params string[] arguments)
    {
        var run = await CommandRun.RunAsync(ListenCommand.Create(), arguments);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    private string WriteSecret(string text)
    {
        var path = Path.Combine(_folder.FullName, "secret");
        File.WriteAllText(path, text);
        return "file:" + path;
    }

    private async Task<string> StartAsync(params string[] arguments)
    {
        _running = ListenCommand.Create().Parse(["--url", "http://127.0.0.1:0", .. arguments]).InvokeAsync(
            new InvocationConfiguration { Output = _output, Error = _error, EnableDefaultExceptionHandler = false }, _stop.Token);
        var line = await _output.NextAsync();
        Assert.StartsWith("listening on http://127.0.0.1:", line, StringComparison.Ordinal);
        Assert.DoesNotContain(":0/", line, StringComparison.Ordinal);
        return line.Split(' ')[2];
    }

    private async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running;
    }
}
