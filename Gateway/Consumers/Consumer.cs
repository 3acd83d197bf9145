namespace AngoGateway.Consumers;

/// <summary>A consumer as compiled: what a lane and the forwarder need to know of it.</summary>
/// <param name="Name">Key of <c>consumers</c>: letters, digits, <c>. _ -</c>.</param>
/// <param name="Config">As written; Forwarding turns its address or cluster into YARP's configuration.</param>
/// <param name="Timeout">For one attempt.</param>
/// <param name="Concurrency">Attempts in flight at once.</param>
/// <param name="Retry">When a failed delivery is tried again.</param>
/// <param name="RateLimit">Bound on attempts; null: none.</param>
/// <param name="InTaskOrder">One task's deliveries go one at a time, oldest first.</param>
/// <param name="NewestOnly">A delivery is let go once a newer one of the same task and stage is there.</param>
internal sealed record Consumer(
    string Name, ConsumerConfig Config, TimeSpan Timeout, int Concurrency, RetrySchedule Retry, DeliveryRateConfig? RateLimit,
    bool InTaskOrder, bool NewestOnly)
{
    public static Consumer Compile(string name, ConsumerConfig config)
    {
        var delivery = config.Delivery ?? new DeliveryConfig();
        return new Consumer(
            name,
            config,
            delivery.Timeout ?? TimeSpan.FromSeconds(30),
            delivery.Concurrency,
            RetrySchedule.From(delivery.Retry ?? new RetryConfig()),
            delivery.RateLimit,
            delivery.Order == DeliveryOrder.Task,
            delivery.Superseded == SupersededPolicy.Skip);
    }
}
