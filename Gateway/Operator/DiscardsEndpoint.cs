using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>Gives dead or pending deliveries up for good.</summary>
internal sealed partial class DiscardsEndpoint(IJournalOperations operations, FilterReader filters, ILogger logger)
{
    // One transaction each: accepts wait behind it, so it is short.
    private const int Step = 500;

    private static readonly ItemState[] Discardable = [ItemState.Dead, ItemState.Pending];

    public void Map(IEndpointRouteBuilder api) => api.MapPost("/discards", DiscardAsync);

    private async Task<IResult> DiscardAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request, "filter", "dryRun");
        var reading = await filters.ReadAsync(body.Filter("filter"), [], cancellationToken);
        var isDryRun = body.Flag("dryRun");
        List<string> faults = [.. body.Faults, .. reading.Faults];
        if (faults.Count == 0 && Objection(reading.Filter) is { } objection)
            faults.Add(objection);

        if (faults.Count > 0)
            return Problem.Of(faults);

        var each = reading.Filter.State is { } state ? [state] : Discardable;
        var total = 0L;
        foreach (var filter in each.Select(one => reading.Filter with { State = one }))
            total += isDryRun ? await operations.CountAsync(filter, cancellationToken) : await DiscardAllAsync(filter, cancellationToken);

        if (!isDryRun)
            Log.Discarded(logger, total);

        return isDryRun ? OperatorJson.Of(new CountView(total)) : OperatorJson.Of(new DiscardView(total));
    }

    private async Task<long> DiscardAllAsync(JournalFilter filter, CancellationToken cancellationToken)
    {
        var total = 0L;
        for (var done = Step; done == Step; total += done)
            done = await operations.DiscardAsync(filter, Step, cancellationToken);

        return total;
    }

    // What is discarded is gone for its consumer: nobody shall say "everything" by leaving something out.
    private static string? Objection(JournalFilter filter)
    {
        if (filter.State is { } state && !Discardable.Contains(state))
            return $"filter.state: only \"dead\" and \"pending\" can be discarded, not \"{FilterReader.Name(state)}\"";

        var isNarrow = filter.Consumer is not null || filter.EventId is not null
            || (filter.State is not null && (filter.From ?? filter.To) is not null);
        return isNarrow ? null : "filter: is too wide to discard: give a consumer, an event, a delivery, or a state with from or to";
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "An operator has discarded {Count} deliveries")]
        public static partial void Discarded(ILogger logger, long count);
    }
}
