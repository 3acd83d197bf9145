using System.Globalization;
using System.IO.Pipelines;
using System.Text.Unicode;
using AngoGateway.Sources;

namespace AngoGateway.Ingress;

/// <summary>The answers of the gateway: small JSON when it took the event, RFC 9457 problem+json when it did not.</summary>
internal static class Answer
{
    // {"eventId":"<36>","status":"duplicate"}
    private const int LongestReceipt = 96;

    public static Task WriteAsync(HttpContext http, IngressOutcome outcome, Source? source) => outcome.Status switch
    {
        IngressStatus.Accepted => Receipt(http, StatusCodes.Status202Accepted, outcome.EventId, "accepted"),
        IngressStatus.Duplicate => Receipt(http, StatusCodes.Status200OK, outcome.EventId, "duplicate"),
        IngressStatus.Relayed or IngressStatus.RelayedRefusal or IngressStatus.SenderGone => Task.CompletedTask,
        IngressStatus.NotJson => Problem(http, 400, "The body is not JSON.", outcome.Detail),
        IngressStatus.BrokenBody => Problem(Closing(http), 400, "The body could not be read."),
        IngressStatus.NotVerified => Problem(outcome.IsRead ? Challenge(http, source) : Closing(Challenge(http, source)), 401, "The request could not be verified."),
        IngressStatus.NoSuchSource => Problem(Closing(http), 404, "There is no source on this path."),
        IngressStatus.NotPost => Problem(Closing(AllowPost(http)), 405, "Webhooks are sent with POST."),
        IngressStatus.BodyTooSlow => Problem(Closing(http), 408, "The body took too long to arrive."),
        IngressStatus.BodyTooLarge => Problem(Closing(http), 413, "The body is too large."),
        IngressStatus.Encoded => Problem(Closing(http), 415, "The body must be sent without a Content-Encoding."),
        IngressStatus.OverRate => Problem(Later(http, outcome.RetryAfter), 429, "Too many requests for this source."),
        IngressStatus.Failed => Problem(http, 500, "The gateway failed; nothing was accepted."),
        IngressStatus.ConsumerFailed => Problem(http, 502, "The service behind the gateway failed."),
        IngressStatus.Unavailable => Problem(Closing(Later(http, outcome.RetryAfter)), 503, "The gateway cannot take events right now."),
        IngressStatus.ConsumerTimedOut => Problem(http, 504, "The service behind the gateway did not answer in time."),
        _ => throw new InvalidOperationException($"{outcome.Status} has no answer."),
    };

    private static Task<FlushResult> Receipt(HttpContext http, int status, Guid eventId, string word)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        var body = response.BodyWriter;
        Utf8.TryWrite(body.GetSpan(LongestReceipt), $$"""{"eventId":"{{eventId}}","status":"{{word}}"}""", out var written);
        response.ContentLength = written;
        body.Advance(written);
        return body.FlushAsync().AsTask();
    }

    private static Task Problem(HttpContext http, int status, string title, string? detail = null)
    {
        if (http.Response.HasStarted)
        {
            // Half a response is out already (proxy mode): the only honest end is a broken connection.
            http.Abort();
            return Task.CompletedTask;
        }

        return Results.Problem(statusCode: status, title: title, detail: detail, type: "about:blank").ExecuteAsync(http);
    }

    // Unread bytes may follow: nobody should send the next request behind them.
    private static HttpContext Closing(HttpContext http)
    {
        if (http.Request.Protocol == "HTTP/1.1" && !http.Response.HasStarted)
        {
            http.Response.Headers.Connection = "close";
        }

        return http;
    }

    // RFC 9110 section 11.6.1 wants a challenge with every 401. It names the scheme, never the reason.
    private static HttpContext Challenge(HttpContext http, Source? source)
    {
        http.Response.Headers.WWWAuthenticate = source?.AuthType == AuthType.Bearer ? "Bearer" : "HubSignature";
        return http;
    }

    private static HttpContext AllowPost(HttpContext http)
    {
        http.Response.Headers.Allow = "POST";
        return http;
    }

    private static HttpContext Later(HttpContext http, TimeSpan? retryAfter)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling((retryAfter ?? TimeSpan.FromSeconds(5)).TotalSeconds));
        http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return http;
    }
}
