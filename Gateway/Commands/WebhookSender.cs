using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary>How a request proves whom it is from. At most one of the two is set; neither for an unsigned request.</summary>
/// <param name="Secret">Key of the signature.</param>
/// <param name="Bearer">Value for <c>Authorization: Bearer</c>.</param>
/// <param name="Algorithm">Of the signature.</param>
/// <param name="Header">That carries the signature.</param>
internal sealed record Credentials(
    byte[]? Secret = null, string? Bearer = null, SignatureAlgorithm Algorithm = SignatureAlgorithm.Sha1, string Header = HubSignature.Header);

/// <summary>What makes a copy differ from the payload as given.</summary>
internal enum Freshening
{
    None,

    /// <summary>updatedAt becomes the moment the sending began, so that copies are duplicates of each other.</summary>
    Now,

    /// <summary>Each copy gets its own task id and the moment it was made as updatedAt.</summary>
    Unique,
}

/// <summary>What to send where, and how fast.</summary>
/// <param name="To">The webhook's address.</param>
/// <param name="Payloads">Sent in turn.</param>
/// <param name="Credentials">Of every request.</param>
/// <param name="Count">Copies of each payload.</param>
/// <param name="Rate">Requests begun per second; null: as fast as the answers come.</param>
/// <param name="Concurrency">Requests in flight at most.</param>
/// <param name="Freshening">What makes copies differ.</param>
/// <param name="Timeout">For one request.</param>
internal sealed record SendPlan(
    Uri To, NamedPayload[] Payloads, Credentials Credentials, int Count, double? Rate, int Concurrency, Freshening Freshening, TimeSpan Timeout)
{
    public long Total => (long)Count * Payloads.Length;
}

/// <summary>One request's outcome.</summary>
/// <param name="Payload">Name of the payload.</param>
/// <param name="Status">Null when no answer came.</param>
/// <param name="Answer">The gateway's words, or why there was no answer; safe to print.</param>
/// <param name="Latency">From the moment it was due, so that a late start counts, to the end of the answer.</param>
internal sealed record SendResult(string Payload, int? Status, string Answer, TimeSpan Latency)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>Signs and posts payloads as Ango Hub does.</summary>
internal sealed class WebhookSender(HttpMessageInvoker http, TimeProvider timeProvider)
{
    // Answers are a line of JSON; anything longer is not ours and not worth showing.
    private const int AnswerLimit = 16 * 1024;

    // As MongoDB's ObjectId, which Ango Hub's ids look like: time, random, counter. Unique within a run and between runs.
    private readonly string _run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5));

    /// <summary>A client that shows what the gateway answered: no redirects, no cookies.</summary>
    public static HttpMessageInvoker CreateClient(bool useProxy = true) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = useProxy,
        ConnectTimeout = TimeSpan.FromSeconds(10),
    });

    /// <summary>Sends everything in the plan; cancelling ends it early, and requests without an answer yet are not reported.</summary>
    /// <param name="plan">What to send.</param>
    /// <param name="report">Called once per request, from several threads.</param>
    /// <param name="cancellationToken">Ends the sending.</param>
    /// <exception cref="JsonException">A payload to be freshened is not JSON.</exception>
    public async Task SendAsync(SendPlan plan, Action<SendResult> report, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var began = Instant();
        var fields = plan.Payloads
            .Select(payload => plan.Freshening == Freshening.None ? null : TaskSplice.Locate(payload.Bytes))
            .ToArray();
        var options = new ParallelOptions { MaxDegreeOfParallelism = plan.Concurrency, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(Numbers(plan.Total), options, async (number, stop) =>
            {
                var which = (int)(number % plan.Payloads.Length);
                var due = await WaitUntilDueAsync(start, number, plan.Rate, stop);
                var payload = plan.Payloads[which];
                var bytes = plan.Freshening switch
                {
                    Freshening.Now => fields[which]!.Replace(payload.Bytes, taskId: null, began),
                    Freshening.Unique => fields[which]!.Replace(payload.Bytes, TaskId(number), Instant()),
                    _ => payload.Bytes,
                };
                report(await PostAsync(plan, payload.Name, bytes, due, stop));
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was answered has been reported.
        }
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (var number = 0L; number < count; number++)
        {
            yield return number;
        }
    }

    /// <returns>The timestamp at which the request was due.</returns>
    private async ValueTask<long> WaitUntilDueAsync(long start, long number, double? rate, CancellationToken cancellationToken)
    {
        if (rate is null)
        {
            return timeProvider.GetTimestamp();
        }

        var due = start + (long)(number / rate.Value * timeProvider.TimestampFrequency);
        if (timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), due) is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait, timeProvider, cancellationToken);
        }

        return due;
    }

    private async Task<SendResult> PostAsync(SendPlan plan, string name, byte[] bytes, long due, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, plan.To) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (plan.Credentials.Secret is { } secret)
        {
            request.Headers.TryAddWithoutValidation(
                plan.Credentials.Header, HubSignature.Compute(plan.Credentials.Algorithm, secret, bytes));
        }
        else if (plan.Credentials.Bearer is { } token)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        using var timeout = new CancellationTokenSource(plan.Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            var answer = await SendAnswer.ReadAsync(response, AnswerLimit, either.Token);
            return new SendResult(name, (int)response.StatusCode, answer, timeProvider.GetElapsedTime(due));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SendResult(name, null, $"no answer within {plan.Timeout.TotalSeconds:0.###} s", timeProvider.GetElapsedTime(due));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new SendResult(name, null, SendAnswer.Reason(exception), timeProvider.GetElapsedTime(due));
        }
    }

    private string Instant() => timeProvider.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ");

    private string TaskId(long number) =>
        $"{(uint)timeProvider.GetUtcNow().ToUnixTimeSeconds():x8}{_run}{number & 0xFFFFFF:x6}";
}
