using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary>What the admin API answered.</summary>
/// <param name="Json">Its text; empty beside a fault.</param>
/// <param name="Fault">Why there is no answer to work with, and what to do.</param>
/// <param name="IsLost">The request was sent, perhaps, and no answer came: what was asked for may have been done.</param>
internal readonly record struct ApiAnswer(string Json, string? Fault, bool IsLost = false)
{
    public T Read<T>() => JsonSerializer.Deserialize<T>(Json, OperatorJson.Options)
        ?? throw new JsonException("The gateway answered null.");
}

/// <summary>Asks a running gateway's admin API; every failure comes back as words for the person who typed the command.</summary>
internal sealed class OperatorClient(Uri admin, byte[]? token, string? tokenReference, TimeProvider timeProvider) : IDisposable
{
    // A page of a thousand items is below one megabyte; an event's attempts hold 16 KB of response each.
    private const int LargestAnswer = 64 * 1024 * 1024;

    // What was not given is left out: the API takes no null for it.
    private static readonly JsonSerializerOptions Sparse = new(OperatorJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly string[] ProblemTexts = ["title", "detail"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _http = WebhookSender.CreateClient(useProxy: false);

    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(admin, path)), Limit, cancellationToken);

    /// <param name="path">Of the API.</param>
    /// <param name="body">Becomes JSON.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="limit">Longest wait; 30 s when left out.</param>
    public Task<ApiAnswer> PostAsync(string path, object body, CancellationToken cancellationToken, TimeSpan? limit = null) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, new Uri(admin, path)) { Content = JsonContent.Create(body, body.GetType(), options: Sparse) },
        limit ?? Limit,
        cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<ApiAnswer> SendAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var sent = request;
        using var patience = new CancellationTokenSource(limit, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Encoding.UTF8.GetString(token)}");
        }

        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, either.Token);
            var text = await response.Content.ReadAsStringAsync(either.Token);
            return Read((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ApiAnswer(
                "", $"{admin} did not answer within {limit.TotalSeconds:0} s. Is this the admin listener of a gateway (listen.admin in its gateway.json)?", IsLost: true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new ApiAnswer(
                "",
                $"{admin} cannot be reached: {SendAnswer.Reason(exception)}. Is the gateway running, and is this its admin listener "
                + "(listen.admin in its gateway.json)? Name another with --admin URL.",
                IsLost: true);
        }
    }

    private ApiAnswer Read(int status, string? type, string text) => (status, type) switch
    {
        (200 or 201, "application/json") => new ApiAnswer(text, null),
        (401, _) when tokenReference is not null => new ApiAnswer(
            "", $"{admin} does not accept the token of {Terminal.Clean(tokenReference)}: it is none of those that operator.tokens in its gateway.json refers to."),
        (401, _) => new ApiAnswer("", $"{admin} wants a token: add --token env:NAME or --token file:PATH with one of its operator.tokens."),
        // The public listener's 404 is a problem, too, but about sources: the API misses consumers, events and replays.
        (not 404, "application/problem+json") => new ApiAnswer("", ProblemText(status, text)),
        (404, "application/problem+json") when text.Contains("There is no such ", StringComparison.Ordinal) => new ApiAnswer("", ProblemText(status, text)),
        _ => new ApiAnswer("", $"{admin} answered {status}, but not as a gateway's admin API does: is this its admin listener (listen.admin)?"),
    };

    private static string ProblemText(int status, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var words = ProblemTexts
                .Select(name => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null)
                .Where(word => !string.IsNullOrEmpty(word));
            return Terminal.Clean($"{status}: {string.Join(" ", words)}", limit: 4000);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return $"{status}, with a problem that cannot be read.";
        }
    }
}

/// <summary>What every command of the operator takes.</summary>
internal static class OperatorOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print the admin API's JSON." };

    private static readonly Option<Uri> Admin = new("--admin")
    {
        Description = "The gateway's admin listener.",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8081"),
        CustomParser = OptionParsers.Url,
    };

    private static readonly Option<byte[]?> Token = new("--token")
    {
        Description = "One of the gateway's operator.tokens: env:NAME or file:PATH. Not needed on its own machine when it has none.",
        HelpName = "REF",
        CustomParser = OptionParsers.Secret,
    };

    /// <summary>Adds the common options, and an action whose faults go to the error output with exit code 1.</summary>
    public static Command With(Command command, Func<OperatorRun, CancellationToken, Task<int>> action)
    {
        command.Add(Admin);
        command.Add(Token);
        command.Add(Json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new OperatorClient(
                parsed.GetRequiredValue(Admin),
                parsed.GivenSecret(Token),
                parsed.GetResult(Token)?.Tokens is [var written, ..] ? written.Value : null,
                TimeProvider.System);
            var run = new OperatorRun(parsed, client);
            try
            {
                return await action(run, cancellationToken);
            }
            catch (JsonException)
            {
                return await run.FailAsync("The gateway's answer has another form than this command knows: are both of one version?");
            }
        });
        return command;
    }
}

/// <summary>One run of an operator's command.</summary>
internal sealed record OperatorRun(ParseResult Parsed, OperatorClient Client)
{
    public TextWriter Output => Parsed.InvocationConfiguration.Output;

    public bool WantsJson => Parsed.GetValue(OperatorOptions.Json);

    /// <summary>Says it on the error output; exit code 1.</summary>
    public async Task<int> FailAsync(string fault)
    {
        await Parsed.InvocationConfiguration.Error.WriteLineAsync(fault);
        return 1;
    }

    /// <summary>Prints an answer: as JSON when that is wanted, else by <paramref name="print"/>.</summary>
    public async Task<int> ShowAsync<T>(ApiAnswer answer, Action<T> print)
    {
        if (answer.Fault is { } fault)
        {
            return await FailAsync(fault);
        }

        if (WantsJson)
        {
            await Output.WriteLineAsync(answer.Json);
        }
        else
        {
            print(answer.Read<T>());
        }

        return 0;
    }
}
