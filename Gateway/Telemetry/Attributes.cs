namespace AngoGateway.Telemetry;

/// <summary>
/// Every attribute name on the gateway's own spans: OpenTelemetry's HTTP and messaging conventions, then ours. Values
/// never hold payload, secret, signature, token, pre-signed URL or e-mail address.
/// </summary>
internal static class Attributes
{
    public const string RequestMethod = "http.request.method";
    public const string Route = "http.route";
    public const string RequestBodySize = "http.request.body.size";
    public const string ResponseStatus = "http.response.status_code";
    public const string UrlPath = "url.path";
    public const string UrlScheme = "url.scheme";
    public const string ProtocolVersion = "network.protocol.version";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string ErrorType = "error.type";

    public const string MessagingSystem = "messaging.system";
    public const string OperationType = "messaging.operation.type";
    public const string OperationName = "messaging.operation.name";
    public const string DestinationName = "messaging.destination.name";
    public const string MessageId = "messaging.message.id";
    public const string MessageBodySize = "messaging.message.body.size";
    public const string MessageCount = "messaging.batch.message_count";

    public const string AngoProject = "ango.project.id";
    public const string AngoTask = "ango.task.id";
    public const string AngoStage = "ango.stage";

    public const string Source = "gateway.source";
    public const string EventId = "gateway.event.id";
    public const string DeliveryId = "gateway.delivery.id";
    public const string Consumer = "gateway.consumer";
    public const string Attempt = "gateway.attempt";
    public const string Outcome = "gateway.outcome";

    /// <summary>On a link: what is at its other end. One of <see cref="Relation"/>.</summary>
    public const string Link = "gateway.link";

    /// <summary>Value of <see cref="MessagingSystem"/>.</summary>
    public const string System = "ango_gateway";
}
