using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Operator;

/// <summary>What a request to replay comes to: an order, or faults.</summary>
internal sealed record ReplayPlan(ReplayOrder? Order, bool IsDryRun, IReadOnlyList<string> Faults);

/// <summary>Turns <c>POST /api/replays</c> into an order for the journal, and refuses what could only surprise.</summary>
internal sealed class ReplayPlanner(LiveSnapshot live, IJournalOperations operations, FilterReader filters)
{
    private const int DefaultRate = 100;
    private const int LargestRate = 10_000;

    public async Task<ReplayPlan> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request, "filter", "to", "rate", "dryRun");
        var reading = await filters.ReadAsync(body.Filter("filter"), [], cancellationToken);
        var to = body.Texts("to");
        var rate = body.Number("rate", 1, LargestRate, DefaultRate);
        var isDryRun = body.Flag("dryRun");
        List<string> faults = [.. body.Faults, .. reading.Faults];
        var consumers = live.Current.Consumers;
        faults.AddRange((to ?? [])
            .Where(name => !consumers.ContainsKey(name))
            .Select(name => $"to: \"{name}\" is no consumer in force: {Known(name)}"));
        if (faults.Count > 0)
            return new ReplayPlan(null, isDryRun, faults);

        var filter = reading.Filter;
        var beside = false;
        if (filter is { State: null, EventId: { } eventId, Consumer: null } && to is not null)
        {
            if (await OneItemAsync(eventId, to, cancellationToken) is not { } item)
                return new ReplayPlan(null, isDryRun, ["event: there is none of that id, or its retention is over"]);

            (filter, beside) = (item, true);
        }

        filter = filter with { State = filter.State ?? ItemState.Dead };
        return (Objection(filter, to, reading.Delivery, beside) ?? await OrphansAsync(filter, to, cancellationToken)) is { } objection
            ? new ReplayPlan(null, isDryRun, [objection])
            : new ReplayPlan(new ReplayOrder(filter, to, rate, beside), isDryRun, []);
    }

    /// <summary>
    /// "This event to these consumers" must not depend on what became of its other deliveries, and a replay goes item by
    /// item: one of the event's items is chosen to stand for it. One that died at a wanted consumer comes first, since it
    /// then counts as replayed. What the event has at other consumers stays as it is.
    /// </summary>
    private async Task<JournalFilter?> OneItemAsync(Guid eventId, string[] to, CancellationToken cancellationToken)
    {
        if (await operations.ReadEventAsync(eventId, cancellationToken) is not { } history)
            return null;

        var deliveries = history.Deliveries.ToLookup(delivery => to.Contains(delivery.Consumer, StringComparer.Ordinal));
        if (deliveries[true].Count(delivery => delivery.State == DeliveryState.Dead) > 1)
            return new JournalFilter(ItemState.Dead, EventId: eventId);

        var chosen = deliveries[true].FirstOrDefault(delivery => delivery.State == DeliveryState.Dead)
            ?? history.Deliveries.FirstOrDefault(delivery => delivery.State is not (DeliveryState.Dead or DeliveryState.Pending))
            ?? history.Deliveries.MaxBy(delivery => delivery.State);
        var state = chosen is not null ? Enum.Parse<ItemState>(chosen.State.ToString())
            : history.Event.Disposition == Disposition.Quarantined ? ItemState.Quarantined
            : ItemState.Unrouted;
        return new JournalFilter(state, Consumer: chosen?.Consumer, EventId: eventId);
    }

    // Their own consumer is gone, so new deliveries to it would only wait.
    private async Task<string?> OrphansAsync(JournalFilter filter, string[]? to, CancellationToken cancellationToken)
    {
        if (to is not null || filter.State is ItemState.Unrouted or ItemState.Quarantined || filter.Consumer is not null)
            return null;

        var orphans = await operations.CountAsync(filter with { Orphaned = [.. live.Current.Consumers.Keys] }, cancellationToken);
        return orphans == 0
            ? null
            : $"to: {orphans} of these belong to consumers that the configuration names no more; name a consumer in the filter, or those that get all of it instead";
    }

    private string? Objection(JournalFilter filter, string[]? to, DeliveryHistory? delivery, bool beside)
    {
        if (delivery?.State == DeliveryState.Replayed || (filter.State == ItemState.Replayed && to is null))
            return "filter.state: a newer delivery took the place of what was replayed: replay that one";

        if (filter.State is ItemState.Unrouted or ItemState.Quarantined && (filter.Consumer is not null || filter.Orphaned is not null))
            return "filter.consumer: events that are unrouted or quarantined have none yet: leave consumer and orphaned out";

        if (filter.State == ItemState.Pending && to is null)
        {
            var isOrphaned = filter.Orphaned is not null || (filter.Consumer is { } owner && !live.Current.Consumers.ContainsKey(owner));
            return isOrphaned
                ? $"to: what is pending for a consumer that the configuration names no more waits for its return; name those that get it instead: {Known("")}"
                : "to: what is pending is going to be delivered anyway; to send it elsewhere, name the consumers that get it instead";
        }

        if (filter.State == ItemState.Pending && !beside && to!.Contains(filter.Consumer, StringComparer.Ordinal))
            return $"to: it is pending for \"{filter.Consumer}\" already";

        // Its own consumer is gone, so a new delivery to it would only wait.
        return to is null && (filter.Orphaned is not null || (filter.Consumer is { } consumer && !live.Current.Consumers.ContainsKey(consumer)))
            ? $"to: the configuration names that consumer no more; name those that get it instead: {Known("")}"
            : null;
    }

    private string Known(string name) => Spelling.Advice(name, live.Current.Consumers.Keys);
}
