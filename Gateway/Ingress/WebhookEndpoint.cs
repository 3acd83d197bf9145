using System.Runtime.CompilerServices;
using AngoGateway.Configuration;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Sources;
using AngoGateway.Telemetry;

namespace AngoGateway.Ingress;

/// <summary>
/// The inbound story of one webhook: find its source, read and verify the bytes, read the envelope, route, and store
/// or relay. Every step takes what the last returned; nothing unverified is parsed, logged or stored.
/// </summary>
internal sealed partial class WebhookEndpoint(
    LiveSnapshot live,
    BodyReader bodies,
    Acceptance acceptance,
    WebhookSpan spans,
    TimeProvider timeProvider,
    ILogger<WebhookEndpoint> logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        var began = timeProvider.GetTimestamp();

        // 1. Whose webhook is it? One snapshot for the whole request.
        var snapshot = live.Current;
        var story = new WebhookStory { Source = snapshot.Sources.GetValueOrDefault(http.Request.Path.Value ?? "") };
        using var span = WebhookSpan.Start(http.Request, story.Source);
        IngressOutcome outcome;
        try
        {
            outcome = story.Source is { } source ? await ReceiveAsync(http, snapshot, source, story) : IngressStatus.NoSuchSource;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            outcome = IngressStatus.SenderGone;
        }
        catch (JournalUnavailableException e)
        {
            outcome = new IngressOutcome(IngressStatus.Unavailable, Detail: e.Message);
        }
        catch (Exception e)
        {
            // The last resort of the inbound half: whatever broke, the sender gets an answer and the next request a turn.
            Log.Broken(logger, e);
            outcome = IngressStatus.Failed;
        }

        await Answer.WriteAsync(http, outcome, story.Source);
        var took = timeProvider.GetElapsedTime(began);
        story.Tell(logger, http, outcome, took);
        await spans.EndAsync(span, http, story, outcome, took);
    }

    // One for each webhook, and awaited at once.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IngressOutcome> ReceiveAsync(HttpContext http, GatewaySnapshot snapshot, Source source, WebhookStory story)
    {
        if (Unfit(http.Request) is { } unfit)
        {
            return unfit;
        }

        // 2. Read the raw body once, under a cap; the signature is fed while it arrives.
        using var verify = Traces.StartStep(Traces.Verify);
        using var verification = source.Begin(http.Request.Headers);
        if (verification.Refused is { } refused)
        {
            return story.Refuse(refused);
        }

        var (payload, bodyFault) = await bodies.ReadAsync(http, verification, snapshot.Limits);
        if (payload is null)
        {
            return bodyFault == IngressStatus.Unavailable
                ? new IngressOutcome(IngressStatus.Unavailable, Detail: "no memory left for bodies being read")
                : bodyFault!.Value;
        }

        using var owned = payload;
        story.Bytes = payload.Length;

        // 3. Is it from whom it says? Only then may it use up the source's rate.
        var verdict = verification.Finish(payload.Span);
        if (!verdict.IsVerified)
        {
            return story.Refuse(verdict) with { IsRead = true };
        }

        verify?.Stop();
        story.SecretIndex = verdict.SecretIndex;
        source.SecretUses.Note(verdict.SecretIndex, timeProvider.GetUtcNow());
        if (!source.TryAdmit(out var retryAfter))
        {
            return new IngressOutcome(IngressStatus.OverRate, RetryAfter: retryAfter);
        }

        // 4. What is it about?
        var (envelope, jsonFault) = EnvelopeReader.Read(payload.Span);
        if (envelope is null)
        {
            return new IngressOutcome(IngressStatus.NotJson, Detail: jsonFault);
        }

        envelope = envelope.Project is null ? envelope with { Project = source.Project } : envelope;

        // 5. Who wants it?
        using var route = Traces.StartStep(Traces.Route);
        var match = snapshot.Routes.Match(source.Name, envelope);
        route?.Stop();
        story.Match = match;

        // 6. Durable, then the answer.
        var @event = acceptance.Draft(
            http.Request, source, verification.Signature, envelope, payload.Span, match, snapshot.Retention);
        story.Event = @event;
        return await acceptance.TakeAsync(http, @event, payload, match);
    }

    private static IngressStatus? Unfit(HttpRequest request)
    {
        // Compared exactly: methods are case-sensitive (RFC 9110 section 9.1).
        if (request.Method != "POST")
        {
            return IngressStatus.NotPost;
        }

        // "identity" changes nothing about the bytes; anything else would need undoing, and only untouched bytes are signed.
        var encoding = request.Headers.ContentEncoding;
        return encoding.Count == 0 || string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase) ? null : IngressStatus.Encoded;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A webhook failed inside the gateway; it was answered 500 and nothing was accepted")]
        public static partial void Broken(ILogger logger, Exception exception);
    }
}
