using System.CommandLine;
using System.Text.Json;

namespace AngoGateway.Commands;

/// <summary><c>health</c>: asks a running gateway whether it is ready; for containers without a shell or curl.</summary>
internal static class HealthCommand
{
    private static readonly Option<Uri> Url = new("--url")
    {
        Description = "The readiness page on the admin listener; /readyz when no path is given.",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8081/readyz"),
        CustomParser = OptionParsers.Url,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds to wait for the answer.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 3,
        CustomParser = OptionParsers.Number(0.001, 600),
    };

    public static Command Create()
    {
        var command = new Command("health", "Exit with 0 when a gateway is ready, else with 1 and the reason.") { Url, Timeout };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration;
            var given = parsed.GetRequiredValue(Url);
            var url = given.PathAndQuery == "/" ? new Uri(given, "/readyz") : given;
            var (isReady, answer) = await AskAsync(url, TimeSpan.FromSeconds(parsed.GetValue(Timeout)), cancellationToken);
            await (isReady ? output.Output : output.Error).WriteLineAsync(isReady ? answer : $"{url} is not ready: {answer}");
            return isReady ? 0 : 1;
        });
        return command;
    }

    private static async Task<(bool IsReady, string Answer)> AskAsync(Uri url, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var http = WebhookSender.CreateClient(useProxy: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit);
        try
        {
            using var response = await http.SendAsync(request, timeout.Token);
            var body = await response.Content.ReadAsStringAsync(timeout.Token);
            var answer = Terminal.Clean($"{(int)response.StatusCode} {body}".TrimEnd(), limit: 2000, keepLines: true);
            return response.IsSuccessStatusCode && !SaysReady(body)
                ? (false, $"{answer} (not as a gateway's /readyz answers: is this its admin listener, listen.admin in its gateway.json?)")
                : (response.IsSuccessStatusCode, answer);
        }
        catch (OperationCanceledException)
        {
            return (false, $"no answer within {limit.TotalSeconds:0.###} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (false, SendAnswer.Reason(exception));
        }
    }

    // Any server answers 200 to something.
    private static bool SaysReady(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("status", out var status) && status.ValueEquals("ready")
                && json.RootElement.TryGetProperty("revision", out _);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
