using AngoGateway.Configuration;
using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>
/// The admin API: <c>/api</c> on the admin listener, JSON in camelCase, faults as RFC 9457 problems. Every request passes
/// <see cref="AccessRules"/> first.
/// </summary>
internal sealed partial class OperatorApi(LiveSnapshot live, IJournal journal, ReplayRunner runner, TimeProvider timeProvider, ILogger<OperatorApi> logger)
{
    // The journal is asked again soon: most of its troubles (a full disk, a lock) end within seconds.
    private const string RetryAfterSeconds = "5";

    public void Map(IEndpointRouteBuilder admin)
    {
        var operations = JournalOperations.Of(journal);
        var filters = new FilterReader(live, operations);
        var api = admin.MapGroup("/api").AddEndpointFilter(GuardAsync);
        new ConsumersEndpoint(live, journal, timeProvider, logger).Map(api);
        new ItemsEndpoint(live, operations, filters).Map(api);
        new ReplaysEndpoint(new ReplayPlanner(live, operations, filters), operations, runner, logger).Map(api);
        new DiscardsEndpoint(operations, filters, logger).Map(api);
        new ReplicasEndpoint(live, operations).Map(api);
    }

    // Last resort of every request to the API: whatever happens becomes an answer.
    private async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (AccessRules.Refusal(http, live.Current.Operator) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return await next(context);
        }
        catch (JournalUnavailableException fault)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, "The journal is not available; nothing was changed.", fault.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.Failed(logger, http.GetEndpoint()?.DisplayName, exception);
            return Problem.Of(StatusCodes.Status500InternalServerError, "The gateway failed.", "Its log has the reason.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The admin API failed at {Endpoint}")]
        public static partial void Failed(ILogger logger, string? endpoint, Exception exception);
    }
}

/// <summary>A fault as RFC 9457 has it.</summary>
internal static class Problem
{
    /// <summary>A body for answers that the admin listener's routing gives without one.</summary>
    public static Task OfStatus(HttpContext http) => (http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Of(StatusCodes.Status404NotFound, "Nothing is at this path.", "The admin listener has /healthz, /readyz and /api."),
        StatusCodes.Status405MethodNotAllowed => Of(
            StatusCodes.Status405MethodNotAllowed, "This path does not take this method.", $"It takes {http.Response.Headers.Allow}."),
        var status => Results.Problem(statusCode: status),
    }).ExecuteAsync(http);

    public static IResult Of(int status, string title, string? detail = null) =>
        Results.Problem(statusCode: status, title: title, detail: detail, type: "about:blank");

    /// <summary>400 with all faults of the request in one sentence each.</summary>
    public static IResult Of(IEnumerable<string> faults) =>
        Of(StatusCodes.Status400BadRequest, "The request has faults; nothing was changed.", string.Join("; ", faults));
}

/// <summary>Both shipped journals have an operator's side; the composition root knows them as <see cref="IJournal"/> alone.</summary>
internal static class JournalOperations
{
    public static IJournalOperations Of(IJournal journal) => (IJournalOperations)journal;
}
