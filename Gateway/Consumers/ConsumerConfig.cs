using System.Text.Json;

namespace AngoGateway.Consumers;

/// <summary>One entry of <c>consumers</c>: an internal service that wants events.</summary>
/// <param name="Url">Short form: one address, path included. Exactly one of <c>url</c> and <c>cluster</c> is given.</param>
/// <param name="Path">With <c>cluster</c>: the path every request is sent to. Default <c>/</c>.</param>
/// <param name="Cluster">
/// YARP's ClusterConfig as YARP documents it, plus <c>Transforms</c> (which YARP keeps on routes; a consumer has one).
/// </param>
/// <param name="Delivery">How deliveries are tried; the defaults when absent.</param>
internal sealed record ConsumerConfig(
    string? Url = null,
    string? Path = null,
    JsonElement? Cluster = null,
    DeliveryConfig? Delivery = null);

/// <summary>A consumer's delivery policy.</summary>
/// <param name="Timeout">For one attempt, connection to last header. Default 30 s.</param>
/// <param name="Concurrency">Attempts in flight at once, 1 to 1024. Default 16.</param>
/// <param name="Retry">When a failed delivery is tried again.</param>
internal sealed record DeliveryConfig(
    TimeSpan? Timeout = null,
    int Concurrency = 16,
    RetryConfig? Retry = null);

/// <summary>Exponential backoff between the attempts of one delivery.</summary>
/// <param name="FirstDelay">After the first failure; doubles with each further one. Default 5 s.</param>
/// <param name="MaxDelay">No wait is longer, a Retry-After included. Default 1 h.</param>
/// <param name="MaxAge">
/// Counted from acceptance; past it the delivery is a dead letter. Default one day: Ango Hub's pre-signed asset links
/// die after 33 hours.
/// </param>
internal sealed record RetryConfig(
    TimeSpan? FirstDelay = null,
    TimeSpan? MaxDelay = null,
    TimeSpan? MaxAge = null);
