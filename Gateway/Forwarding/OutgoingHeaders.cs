using System.Net.Http.Headers;

namespace AngoGateway.Forwarding;

/// <summary>
/// The allow-list: every header of an outgoing request but <c>traceparent</c> and <c>tracestate</c>, which
/// HttpClient's own activity adds (<see cref="Telemetry.TraceContextPropagator"/>), and what the consumer's transforms set.
/// </summary>
internal static class OutgoingHeaders
{
    private const string DefaultContentType = "application/json";

    public static IHeaderDictionary From(OutgoingWebhook webhook)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (webhook is { SignatureHeader: { } name, Signature: { } signature })
            headers[name] = signature;

        // After the signature: a source whose signature header bears one of these names cannot replace them.
        headers.ContentType = ContentType(webhook.ContentType);
        headers.ContentLength = webhook.Payload.Length;
        headers["X-Gateway-Event-Id"] = webhook.EventId.ToString("D");
        headers["X-Gateway-Delivery-Id"] = HeaderText.Encode(webhook.DeliveryId);
        headers["X-Gateway-Attempt"] = webhook.Attempt.ToString();
        headers["X-Gateway-Source"] = HeaderText.Encode(webhook.Source);
        Add(headers, "X-Gateway-Project", webhook.Project);
        Add(headers, "X-Gateway-Task", webhook.TaskId);
        Add(headers, "X-Gateway-Stage", webhook.Stage);
        return headers;
    }

    private static void Add(IHeaderDictionary headers, string name, string? payloadText)
    {
        if (!string.IsNullOrEmpty(payloadText))
            headers[name] = HeaderText.Encode(payloadText);
    }

    // Parameters may hold quoted text of any kind; only printable ASCII can be sent.
    private static string ContentType(string? received) =>
        received is not (null or DefaultContentType)
        && !received.AsSpan().ContainsAnyExceptInRange(' ', '~')
        && MediaTypeHeaderValue.TryParse(received, out _)
            ? received
            : DefaultContentType;
}
