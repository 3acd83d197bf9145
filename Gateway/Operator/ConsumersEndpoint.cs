using AngoGateway.Configuration;
using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>What waits for each consumer, and the switch that pauses its lane.</summary>
internal sealed partial class ConsumersEndpoint(
    LiveSnapshot live, IJournal journal, TimeProvider timeProvider, ILogger logger)
{
    public void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/consumers", async (CancellationToken cancellationToken) =>
            OperatorJson.Of(new ConsumersView(await ListAsync(cancellationToken))));
        api.MapPost("/consumers/{name}/pause", (string name, HttpRequest request, CancellationToken cancellationToken) =>
            SetAsync(name, request, paused: true, cancellationToken));
        api.MapPost("/consumers/{name}/resume", (string name, HttpRequest request, CancellationToken cancellationToken) =>
            SetAsync(name, request, paused: false, cancellationToken));
    }

    private async Task<IReadOnlyList<ConsumerView>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await ConsumerBacklogs.ReadAsync(live, journal, cancellationToken)).Select(View)];

    private ConsumerView View(ConsumerBacklog row)
    {
        var state = !live.Current.Consumers.ContainsKey(row.Consumer) ? "orphaned"
            : row.Lane.PausedAt is not null ? "paused"
            : row.Lane.OpenSince is not null ? "open"
            : "active";
        var age = timeProvider.GetUtcNow() - row.OldestPending;
        return new ConsumerView(
            row.Consumer, state, row.Pending, row.OldestPending, (long?)age?.TotalSeconds, row.Dead, row.Lane.PausedAt, row.Lane.OpenSince);
    }

    private async Task<IResult> SetAsync(string name, HttpRequest request, bool paused, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request);
        if (body.Faults.Count > 0)
            return Problem.Of(body.Faults);

        var lane = journal.Lane(name);
        var configured = live.Current.Consumers;
        // A removed consumer's pause can still be taken off, so that it does not surprise whoever brings it back.
        if (!configured.ContainsKey(name) && (paused || lane.PausedAt is null))
        {
            return Problem.Of(
                StatusCodes.Status404NotFound,
                "There is no such consumer.",
                $"\"{name}\" is not in the configuration: {Spelling.Advice(name, configured.Keys)}");
        }

        // Pausing what is paused keeps its first moment.
        DateTimeOffset? pausedAt = paused ? lane.PausedAt ?? timeProvider.GetUtcNow() : null;
        if (pausedAt != lane.PausedAt)
        {
            await journal.SetPausedAsync(name, pausedAt, cancellationToken);
            Log.Switched(logger, name, paused ? "paused" : "resumed");
        }

        var all = await ListAsync(cancellationToken);
        return OperatorJson.Of(all.FirstOrDefault(one => one.Name == name) ?? View(new ConsumerBacklog(name, 0, null, 0, journal.Lane(name))));
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "An operator has {Switched} {Consumer}")]
        public static partial void Switched(ILogger logger, string consumer, string switched);
    }
}
