using System.CommandLine;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary><c>items</c>: deliveries, and events without any, newest first.</summary>
internal static class ItemsCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit")
        {
            Description = "Rows at most.",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
            CustomParser = OptionParsers.Number(1, 1000),
        };
        var after = new Option<string?>("--after") { Description = "Go on where an earlier page ended.", HelpName = "CURSOR" };
        var count = new Option<bool>("--count") { Description = "Only say how many there are." };
        var command = new Command("items", "List deliveries, or with --state unrouted and quarantined the events that have none.") { limit, after, count };
        command.Validators.Add(result =>
        {
            if (result.GetValue(count) && (result.GetResult(after) ?? result.GetResult(limit)) is { Implicit: false } page)
            {
                result.AddError($"--count counts all that match: leave {page.Option.Name} out.");
            }
        });
        var filter = new FilterOptions(command, withDelivery: false);
        return OperatorOptions.With(command, async (run, cancellationToken) =>
        {
            var query = filter.Query(run.Parsed);
            if (run.Parsed.GetValue(count))
            {
                return await run.ShowAsync<CountView>(
                    await run.Client.GetAsync($"/api/items/count?{query}", cancellationToken), view => run.Output.WriteLine(view.Count));
            }

            var page = $"limit={run.Parsed.GetValue(limit)}"
                + (run.Parsed.GetValue(after) is { } cursor ? $"&after={Uri.EscapeDataString(cursor)}" : "");
            return await run.ShowAsync<ItemsView>(
                await run.Client.GetAsync($"/api/items?{page}&{query}", cancellationToken), view => Print(run.Output, view));
        });
    }

    private static void Print(TextWriter output, ItemsView view)
    {
        if (view.Items.Count == 0)
        {
            output.WriteLine("nothing matches");
            return;
        }

        var table = new TextTable("ACCEPTED", "STATE", "DELIVERY OR EVENT", "STAGE", "TASK", "TRIES", "LAST");
        foreach (var item in view.Items)
        {
            table.Add(
                TextTable.Time(item.ReceivedAt), FilterReader.Name(item.State) + (item.Orphaned ? " (orphaned)" : ""), item.DeliveryId ?? item.EventId,
                item.Stage, item.TaskId, item.DeliveryId is null ? "" : item.Attempts.ToString(), Last(item));
        }

        table.Write(output);
        if (view.Next is { } next)
        {
            output.WriteLine($"there may be more: --after {Terminal.Clean(next)}");
        }
    }

    private static string Last(ItemView item) => (item.LastStatus, item.LastError) switch
    {
        (null, null) => "",
        ({ } status, null) => status.ToString(),
        (null, { } error) => error,
        ({ } status, { } error) => error.Contains(status.ToString(), StringComparison.Ordinal) ? error : $"{status} {error}",
    };
}
