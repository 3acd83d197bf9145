using AngoGateway.Configuration;
using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>Health for machines, on the admin listener only.</summary>
/// <remarks>
/// <c>/healthz</c>: 200 while the process answers at all. <c>/readyz</c>: 200 when it would take a webhook, 503 while it
/// drains or the journal cannot write. A refused reload is shown but does not make it unready: the last good
/// configuration goes on.
/// </remarks>
internal sealed class Health(LiveSnapshot live, IJournal journal, IHostApplicationLifetime lifetime)
{
    // Many probes ask with HEAD.
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapMethods("/healthz", Methods, static () => Results.Text("ok\n"));
        admin.MapMethods("/readyz", Methods, () =>
        {
            var readiness = Read();
            return Results.Json(readiness, statusCode: readiness.Status == "ready" ? 200 : 503);
        });
    }

    private Readiness Read()
    {
        var fault = journal.Health.Fault;
        var status = lifetime.ApplicationStopping.IsCancellationRequested ? "draining" : fault is null ? "ready" : "failing";
        return new Readiness(status, live.Current.Revision, fault, live.RefusedReload);
    }

    /// <param name="Status"><c>ready</c>, <c>failing</c> (journal) or <c>draining</c>.</param>
    /// <param name="Revision">Of the configuration in force.</param>
    /// <param name="Journal">What the journal complains of, or null.</param>
    /// <param name="RefusedReload">Why the newest configuration file was refused, or null.</param>
    private sealed record Readiness(string Status, string Revision, string? Journal, string? RefusedReload);
}
