using AngoGateway.Telemetry;

namespace AngoGateway.Journal;

/// <summary>How long an event took from its acceptance to a consumer; told by every journal once it is committed.</summary>
internal static class DeliveryLag
{
    /// <summary>A delivery was settled as delivered. A replay tells nothing: it is as late as a person is.</summary>
    public static void Record(Delivery delivery, DateTimeOffset deliveredAt)
    {
        if (delivery.Replay == 0)
            Record(delivery.Consumer, delivery.Event, deliveredAt);
    }

    /// <summary>An event was stored; some of its deliveries may be done already (proxy mode).</summary>
    public static void Record(StoredEvent @event, IReadOnlyList<NewDelivery> deliveries)
    {
        for (var i = 0; i < deliveries.Count; i++)
        {
            if (deliveries[i].Done is { } done)
                Record(deliveries[i].Consumer, @event, done.At + done.Duration);
        }
    }

    private static void Record(string consumer, StoredEvent @event, DateTimeOffset deliveredAt) =>
        Metrics.DeliveryLag.Record(Math.Max(0, (deliveredAt - @event.ReceivedAt).TotalSeconds), Metrics.Consumer(consumer));
}
