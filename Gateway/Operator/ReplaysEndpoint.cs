using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>Starts replays, shows them, and ends them early.</summary>
internal sealed partial class ReplaysEndpoint(ReplayPlanner planner, IJournalOperations operations, ReplayRunner runner, ILogger logger)
{
    private static readonly IResult NoSuchReplay = Problem.Of(StatusCodes.Status404NotFound, "There is no such replay.");

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/replays", StartAsync);
        api.MapGet("/replays", async (CancellationToken cancellationToken) =>
            OperatorJson.Of(new ReplaysView([.. (await operations.ReplaysAsync(cancellationToken)).Select(ReplayView.Of)])));
        api.MapGet("/replays/{id}", async (string id, CancellationToken cancellationToken) =>
            Guid.TryParseExact(id, "D", out var replay)
            && (await operations.ReplaysAsync(cancellationToken)).FirstOrDefault(job => job.Id == replay) is { } found
                ? OperatorJson.Of(ReplayView.Of(found))
                : NoSuchReplay);
        api.MapPost("/replays/{id}/cancel", CancelAsync);
    }

    private async Task<IResult> StartAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var plan = await planner.ReadAsync(request, cancellationToken);
        if (plan.Order is not { } order)
            return Problem.Of(plan.Faults);

        if (plan.IsDryRun)
            return OperatorJson.Of(new CountView(await operations.CountAsync(order.Filter, cancellationToken)));

        // From here on it happens, whether or not somebody still waits for the answer.
        var job = await operations.StartReplayAsync(order, CancellationToken.None);
        runner.Wake();
        Log.Started(logger, job.Id, job.Total, order.Rate);
        request.HttpContext.Response.Headers.Location = $"/api/replays/{job.Id:D}";
        return OperatorJson.Of(ReplayView.Of(job), StatusCodes.Status201Created);
    }

    private async Task<IResult> CancelAsync(string id, HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request);
        if (body.Faults.Count > 0)
            return Problem.Of(body.Faults);

        return Guid.TryParseExact(id, "D", out var replay) && await operations.CancelReplayAsync(replay, cancellationToken) is { } job
            ? OperatorJson.Of(ReplayView.Of(job))
            : NoSuchReplay;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "An operator has started replay {Replay} of {Total} at {Rate} a second")]
        public static partial void Started(ILogger logger, Guid replay, long total, int rate);
    }
}
