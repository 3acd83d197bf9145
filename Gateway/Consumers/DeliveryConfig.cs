using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace AngoGateway.Consumers;

/// <summary>A consumer's delivery policy.</summary>
/// <param name="Timeout">For one attempt, connection to last header. Default 30 s.</param>
/// <param name="Concurrency">Attempts in flight at once, 1 to 1024. Default 16.</param>
/// <param name="Retry">When a failed delivery is tried again.</param>
/// <param name="RateLimit">Bound on attempts. Default: none; an answer 429 slows the consumer's lane down by itself.</param>
/// <param name="Order"><c>task</c>: one task's events go one at a time, oldest first. Default <c>none</c>.</param>
/// <param name="Superseded">
/// <c>skip</c>: a pending delivery is let go once a newer updatedAt of the same task and stage is there. Default <c>deliver</c>.
/// </param>
internal sealed record DeliveryConfig(
    [property: DefaultValue("00:00:30")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    TimeSpan? Timeout = null,
    [Range(1, 1024)]
    int Concurrency = 16,
    RetryConfig? Retry = null,
    DeliveryRateConfig? RateLimit = null,
    DeliveryOrder Order = DeliveryOrder.None,
    SupersededPolicy Superseded = SupersededPolicy.Deliver);

internal enum DeliveryOrder
{
    None,
    Task,
}

internal enum SupersededPolicy
{
    Deliver,
    Skip,
}

/// <summary>At most <paramref name="Permits"/> attempts begin in any <paramref name="Window"/>.</summary>
/// <param name="Permits">1 to 1,000,000.</param>
/// <param name="Window">Up to a day.</param>
internal sealed record DeliveryRateConfig(
    [Required(ErrorMessage = "needs \"permits\": how many attempts per window, e.g. \"permits\": 50")]
    [Range(1, 1_000_000)]
    int Permits,
    [Required(ErrorMessage = "needs \"window\": how long it is, e.g. \"window\": \"00:00:01\"")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    TimeSpan Window);

/// <summary>Exponential backoff between the attempts of one delivery.</summary>
/// <param name="FirstDelay">After the first failure; doubles with each further one. Default 5 s.</param>
/// <param name="MaxDelay">No wait is longer, a Retry-After included. Default 1 h.</param>
/// <param name="MaxAge">
/// Counted from acceptance; past it the delivery is a dead letter. Default one day: Ango Hub's pre-signed asset links
/// die after 33 hours.
/// </param>
internal sealed record RetryConfig(
    [property: DefaultValue("00:00:05")]
    [Range(typeof(TimeSpan), "00:00:00.001", "365.00:00:00")]
    TimeSpan? FirstDelay = null,
    [property: DefaultValue("01:00:00")]
    [Range(typeof(TimeSpan), "00:00:00.001", "365.00:00:00")]
    TimeSpan? MaxDelay = null,
    [property: DefaultValue("1.00:00:00")]
    [Range(typeof(TimeSpan), "00:00:00.001", "365.00:00:00")]
    TimeSpan? MaxAge = null) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var schedule = RetrySchedule.From(this);
        if (schedule.FirstDelay > schedule.MaxDelay)
        {
            yield return new(
                $"firstDelay \"{schedule.FirstDelay:c}\" is longer than maxDelay \"{schedule.MaxDelay:c}\" (defaults \"00:00:05\" and \"01:00:00\"): make maxDelay at least as long",
                [nameof(FirstDelay), nameof(MaxDelay)]);
        }
    }
}
