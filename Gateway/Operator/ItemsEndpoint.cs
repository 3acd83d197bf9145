using System.Globalization;
using AngoGateway.Configuration;
using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>Deliveries, events without any, and one event's whole story.</summary>
internal sealed class ItemsEndpoint(LiveSnapshot live, IJournalOperations operations, FilterReader filters)
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 1000;

    private static readonly string[] Paging = ["after", "limit"];

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/items", ListAsync);
        api.MapGet("/items/count", CountAsync);
        api.MapGet("/events/{id}", ReadAsync);
    }

    private async Task<IResult> ListAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var reading = await filters.ReadAsync(FilterReader.Pairs(request.Query), Paging, cancellationToken);
        var faults = reading.Faults.ToList();
        var limit = Limit(request.Query, faults);
        var after = After(request.Query, faults);
        if (faults.Count > 0)
            return Problem.Of(faults);

        IReadOnlyList<JournalItem> page;
        try
        {
            page = await operations.ListAsync(reading.Filter, after, limit, cancellationToken);
        }
        catch (Exception exception) when (after is not null && exception is FormatException or ArgumentException or OverflowException)
        {
            return Problem.Of(["after: is no cursor of an earlier page (\"next\")"]);
        }

        var consumers = live.Current.Consumers;
        return OperatorJson.Of(new ItemsView(
            [.. page.Select(item => ItemView.Of(item, item.Consumer is { } name && !consumers.ContainsKey(name)))],
            page.Count == limit ? page[^1].Cursor : null));
    }

    private async Task<IResult> CountAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var reading = await filters.ReadAsync(FilterReader.Pairs(request.Query), [], cancellationToken);
        return reading.Faults.Count > 0
            ? Problem.Of(reading.Faults)
            : OperatorJson.Of(new CountView(await operations.CountAsync(reading.Filter, cancellationToken)));
    }

    private async Task<IResult> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(id, "D", out var eventId))
            return Problem.Of(["id: is no event id, which looks like 0198c5a0-0000-7000-8000-000000000000"]);

        return await operations.ReadEventAsync(eventId, cancellationToken) is { } history
            ? OperatorJson.Of(EventView.Of(history, live.Current.Consumers.Keys))
            : Problem.Of(StatusCodes.Status404NotFound, "There is no such event.", "It never was here, or its retention is over.");
    }

    private static int Limit(IQueryCollection query, List<string> faults)
    {
        if (!query.TryGetValue("limit", out var values))
            return DefaultLimit;

        if (values.Count == 1 && int.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LargestLimit)
            return limit;

        faults.Add($"limit: write a whole number from 1 to {LargestLimit}");
        return DefaultLimit;
    }

    private static string? After(IQueryCollection query, List<string> faults)
    {
        if (!query.TryGetValue("after", out var values))
            return null;

        if (values is [{ Length: > 0 } after])
            return after;

        faults.Add("after: write an earlier page's \"next\", or leave it out");
        return null;
    }
}
