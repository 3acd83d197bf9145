using AngoGateway.Consumers;
using AngoGateway.Forwarding;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>What follows from one attempt: the table under "Delivery" in the design, as a function.</summary>
internal enum AttemptResult
{
    Delivered,
    Retry,
    Dead,

    /// <summary>No healthy address: tried later without using up an attempt.</summary>
    Deferred,

    /// <summary>The gateway is stopping: pending as before.</summary>
    Abandoned,
}

/// <summary>What an attempt says of the consumer's health, whatever follows for the delivery.</summary>
internal enum ConsumerSign
{
    /// <summary>Nothing: it was cut short, or never left the gateway.</summary>
    None,

    /// <summary>It answered: also a refusal, such as 410, is the word of a healthy consumer.</summary>
    Alive,

    /// <summary>Its answer was 429.</summary>
    Overloaded,

    /// <summary>5xx, 408, 425, timeout, no connection, no healthy address.</summary>
    Failing,
}

/// <param name="Result">What follows.</param>
/// <param name="Sign">What it says of the consumer.</param>
/// <param name="DueAt">With Retry and Deferred: when to try again.</param>
/// <param name="Hold">With Overloaded: how long the consumer wants to be left alone, within the schedule's longest wait.</param>
internal readonly record struct AttemptOutcome(
    AttemptResult Result, ConsumerSign Sign = ConsumerSign.None, DateTimeOffset? DueAt = null, TimeSpan? Hold = null)
{
    /// <param name="forwarded">What came back from the consumer.</param>
    /// <param name="attempts">Attempts made, this one included.</param>
    /// <param name="queuedAt">When the delivery's retry budget began.</param>
    /// <param name="retry">The consumer's schedule.</param>
    /// <param name="now">After the attempt.</param>
    /// <param name="jitter">In [0, 1).</param>
    public static AttemptOutcome Of(
        ForwardOutcome forwarded, int attempts, DateTimeOffset queuedAt, RetrySchedule retry, DateTimeOffset now, double jitter)
    {
        switch (forwarded.Result)
        {
            case ForwardResult.Canceled:
                return new(AttemptResult.Abandoned);
            case ForwardResult.CannotBuild:
                return new(AttemptResult.Dead);
            case ForwardResult.NoHealthyAddress:
                return After(AttemptResult.Deferred, retry.DelayAfter(1, null, overloaded: false, jitter));
            case ForwardResult.TimedOut:
                return After(AttemptResult.Retry, retry.DelayAfter(attempts, forwarded.RetryAfter, overloaded: true, jitter));
            case ForwardResult.Failed:
                return After(AttemptResult.Retry, retry.DelayAfter(attempts, forwarded.RetryAfter, overloaded: false, jitter));
            case ForwardResult.Responded:
                return forwarded.Status switch
                {
                    >= 200 and < 300 => new(AttemptResult.Delivered, ConsumerSign.Alive),
                    429 => After(AttemptResult.Retry, retry.DelayAfter(attempts, forwarded.RetryAfter, overloaded: true, jitter)) with
                    {
                        Sign = ConsumerSign.Overloaded,
                        Hold = forwarded.RetryAfter > retry.MaxDelay ? retry.MaxDelay : forwarded.RetryAfter,
                    },
                    408 or 425 or >= 500 and < 600 =>
                        After(AttemptResult.Retry, retry.DelayAfter(attempts, forwarded.RetryAfter, overloaded: false, jitter)),
                    _ => new(AttemptResult.Dead, ConsumerSign.Alive),
                };
            default:
                throw new InvalidOperationException($"{forwarded.Result} is not known.");
        }

        AttemptOutcome After(AttemptResult result, TimeSpan delay) => retry.GivesUp(queuedAt, now + delay)
            ? new(AttemptResult.Dead, ConsumerSign.Failing)
            : new(result, ConsumerSign.Failing, now + delay);
    }

    /// <summary>What the journal writes.</summary>
    /// <param name="attempt">The attempt made; left out of a deferral.</param>
    public Settlement Settle(Attempt attempt) => Result switch
    {
        AttemptResult.Delivered => new Settlement(DeliveryState.Delivered, null, attempt),
        AttemptResult.Dead => new Settlement(DeliveryState.Dead, null, attempt),
        AttemptResult.Retry => new Settlement(DeliveryState.Pending, DueAt, attempt),
        AttemptResult.Deferred => new Settlement(DeliveryState.Pending, DueAt, null),
        _ => throw new InvalidOperationException($"{Result} is not settled."),
    };
}
