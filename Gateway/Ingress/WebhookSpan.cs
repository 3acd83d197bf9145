using System.Diagnostics;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Sources;
using AngoGateway.Telemetry;

namespace AngoGateway.Ingress;

/// <summary>The span of one request on the public listener: whose child it is, what it says, what it is linked to.</summary>
internal sealed class WebhookSpan(IJournal journal)
{
    // Anybody can invent methods, and the name of a span must not be theirs to choose.
    private const string UnknownMethod = "HTTP";

    /// <summary>Begins it. Nothing of the request is known yet but its path.</summary>
    public static Activity? Start(HttpRequest request, Source? source)
    {
        var method = KnownMethod(request.Method);
        var span = Traces.StartWebhook(
            method ?? UnknownMethod, source is { TrustsTraceContext: true } ? TraceContext.Trusted(request.Headers) : default);
        if (span is not { IsAllDataRequested: true })
            return span;

        span.SetTag(Attributes.RequestMethod, method ?? "_OTHER");
        span.SetTag(Attributes.UrlScheme, request.Scheme);
        span.SetTag(Attributes.ProtocolVersion, VersionOf(request.Protocol));
        if (span.ParentSpanId == default && TraceContext.Untrusted(request.Headers) is var sender && sender != default)
            span.AddLink(Relation.Sender.To(sender));

        if (source is not null)
        {
            // The path as configured, so that it is a route: nothing of what a stranger asked for is written down.
            span.DisplayName = $"{method ?? UnknownMethod} {source.Path}";
            span.SetTag(Attributes.Route, source.Path);
            span.SetTag(Attributes.UrlPath, source.Path);
            span.SetTag(Attributes.Source, source.Name);
        }

        return span;
    }

    /// <summary>Says how the request ended, and links it to the webhooks before it. The answer is written already.</summary>
    public async ValueTask EndAsync(Activity? span, HttpContext http, WebhookStory story, IngressOutcome outcome, TimeSpan took)
    {
        if (span is not { IsAllDataRequested: true })
            return;

        // Looking for what to link to is no part of the request.
        span.SetEndTime(span.StartTimeUtc + took);
        Describe(span, http, outcome);
        Describe(span, http.Request, story);
        await LinkAsync(span, http.Response, story, outcome);
    }

    private static void Describe(Activity span, HttpContext http, IngressOutcome outcome)
    {
        var word = TagValue<IngressStatus>.Of(outcome.Status);
        span.SetTag(Attributes.Outcome, word);
        if (outcome.EventId != default)
            span.SetTag(Attributes.EventId, outcome.EventId.ToString());

        // Nobody was answered: the status is only the one that a response begins with.
        if (outcome.Status == IngressStatus.SenderGone)
            return;

        var status = http.Response.StatusCode;
        span.SetTag(Attributes.ResponseStatus, status);
        if (status >= 500)
        {
            span.SetTag(Attributes.ErrorType, status.ToString());
            span.SetStatus(ActivityStatusCode.Error, outcome.Detail ?? word);
        }
    }

    private static void Describe(Activity span, HttpRequest request, WebhookStory story)
    {
        // Whoever is not verified chose these too.
        if (story.SecretIndex < 0)
            return;

        span.SetTag(Attributes.ServerAddress, request.Host.Host);
        span.SetTag(Attributes.ServerPort, request.Host.Port);
        span.SetTag(Attributes.RequestBodySize, story.Bytes);
        if (story.Event?.Envelope is { } envelope)
            Describe(span, envelope);
    }

    private static void Describe(Activity span, Envelope envelope)
    {
        span.SetTag(Attributes.AngoProject, LogText.Of(envelope.Project));
        span.SetTag(Attributes.AngoTask, LogText.Of(envelope.TaskId));
        span.SetTag(Attributes.AngoStage, LogText.Of(envelope.StageName ?? envelope.Stage));
    }

    private async ValueTask LinkAsync(Activity span, HttpResponse response, WebhookStory story, IngressOutcome outcome)
    {
        if (outcome.Status is not (IngressStatus.Accepted or IngressStatus.Relayed or IngressStatus.Duplicate))
            return;

        try
        {
            // Flushed is not ended: in chunks, or over HTTP/2, the sender would wait for the end until the links are found.
            await response.CompleteAsync();
            var (relation, context) = outcome.Status switch
            {
                IngressStatus.Duplicate => (Relation.Repeated, await journal.TraceOfAsync(outcome.EventId, CancellationToken.None)),
                _ when story.Event?.Envelope.TaskId is not null =>
                    (Relation.Previous, await journal.PreviousTraceAsync(outcome.EventId, CancellationToken.None)),
                _ => (Relation.Previous, default),
            };
            if (context != default)
                span.AddLink(relation.To(context));
        }
        catch (Exception)
        {
            // A link less, of a webhook that has its answer. What ails the journal is told by whoever needs it.
        }
    }

    private static string? KnownMethod(string method) => method switch
    {
        "POST" or "GET" or "HEAD" or "PUT" or "DELETE" or "PATCH" or "OPTIONS" or "CONNECT" or "TRACE" => method,
        _ => null,
    };

    private static string? VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        "HTTP/1.0" => "1.0",
        _ => null,
    };
}
