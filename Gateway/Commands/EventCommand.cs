using System.CommandLine;
using AngoGateway.Journal;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary><c>event ID</c>: one event's whole story, from its acceptance to each attempt.</summary>
internal static class EventCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("ID")
        {
            Description = "Of the event, as the 202 and the log name it.",
            CustomParser = OptionParsers.Step("event's id", "items"),
        };
        return OperatorOptions.With(
            new Command("event", "Show one event: what it is, its deliveries, and each attempt with its outcome.") { id },
            async (run, cancellationToken) => await run.ShowAsync<EventView>(
                await run.Client.GetAsync($"/api/events/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(id))}", cancellationToken),
                view => Print(run.Output, view)));
    }

    private static void Print(TextWriter output, EventView view)
    {
        var facts = new (string Name, string? Value)[]
        {
            ("event", view.Id), ("accepted", TextTable.Time(view.ReceivedAt)), ("source", view.Source), ("project", view.Project),
            ("task", view.TaskId), ("stage", view.StageName ?? view.Stage ?? view.StageId), ("updated", view.UpdatedAt),
            ("batches", string.Join(", ", view.BatchNames.Length > 0 ? view.BatchNames : view.Batches)), ("size", $"{view.Size} bytes"),
            ("trace", view.TraceParent),
        };
        foreach (var (name, value) in facts.Where(fact => !string.IsNullOrEmpty(fact.Value)))
            output.WriteLine($"{name,-9} {Terminal.Clean(value!)}");

        if (view.Deliveries.Count == 0)
        {
            output.WriteLine(view.Disposition == Disposition.Quarantined
                ? "quarantined: its updatedAt is older than retention.keys; release it with: replay --state quarantined --event " + view.Id
                : "unrouted: no route wanted it; once one does: replay --state unrouted --event " + view.Id);
        }

        foreach (var delivery in view.Deliveries)
            Print(output, delivery);
    }

    private static void Print(TextWriter output, DeliveryView delivery)
    {
        output.WriteLine();
        var state = delivery.State.ToString().ToLowerInvariant();
        var when = delivery switch
        {
            { State: DeliveryState.Pending, DueAt: { } due } => $", next attempt {TextTable.Time(due)}",
            { State: DeliveryState.Pending } => ", next attempt at once",
            { SettledAt: { } settled } => $" {TextTable.Time(settled)}",
            _ => "",
        };
        output.WriteLine($"{Terminal.Clean(delivery.Id)}: {state}{when}{(delivery.Orphaned ? " (orphaned: no such consumer any more)" : "")}");
        if (delivery.Tries.Count == 0)
            return;

        var table = new TextTable("TRY", "AT", "TOOK", "STATUS", "ADDRESS", "ERROR", "RESPONSE");
        foreach (var attempt in delivery.Tries)
        {
            table.Add(
                attempt.Number.ToString(), TextTable.Time(attempt.At), $"{attempt.Milliseconds:0} ms", attempt.Status?.ToString(), attempt.Address,
                attempt.Error, attempt.Response);
        }

        table.Write(output);
    }
}
