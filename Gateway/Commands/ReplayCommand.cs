using System.CommandLine;
using System.CommandLine.Parsing;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary><c>replay</c>: delivers again what did not arrive, or sends it elsewhere; counts first, then follows the gateway's progress.</summary>
internal static class ReplayCommand
{
    private static readonly Option<string[]> To = new("--to")
    {
        Description = "Send it to this consumer instead of its own; may be repeated.",
        HelpName = "NAME",
    };

    private static readonly Option<int> Rate = new("--rate")
    {
        Description = "Items per second, 1 to 10000.",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
        CustomParser = OptionParsers.Number(1, 10_000),
    };

    private static readonly Option<string?> Cancel = new("--cancel") { Description = "End a running replay where it is.", HelpName = "ID", CustomParser = ReplayId };

    private static readonly Option<string?> Follow = new("--follow") { Description = "Follow a replay that is running already.", HelpName = "ID", CustomParser = ReplayId };

    public static Command Create()
    {
        var command = new Command("replay", "Deliver again what a filter names (dead letters, unless --state says otherwise).") { To, Rate, Cancel, Follow };
        var confirmation = new Confirmation(command);
        var filter = new FilterOptions(command, withDelivery: true);
        command.Validators.Add(CancelStandsAlone);
        return OperatorOptions.With(command, (run, cancellationToken) =>
            run.Parsed.GetValue(Cancel) is { } cancelled ? CancelAsync(run, cancelled, cancellationToken)
            : run.Parsed.GetValue(Follow) is { } followed ? new ReplayProgress(run).FollowAsync(followed, cancellationToken)
            : StartAsync(run, confirmation, filter.Read(run.Parsed), cancellationToken));
    }

    private static async Task<int> StartAsync(OperatorRun run, Confirmation confirmation, FilterView filter, CancellationToken cancellationToken)
    {
        var to = run.Parsed.GetValue(To) is { Length: > 0 } names ? names : null;
        var rate = run.Parsed.GetValue(Rate);
        var counted = await run.Client.PostAsync("/api/replays", new { filter, to, rate, dryRun = true }, cancellationToken);
        if (await confirmation.EndsAsync(run, counted, "replay", cancellationToken) is { } exitCode)
        {
            return exitCode;
        }

        var started = await run.Client.PostAsync("/api/replays", new { filter, to, rate }, cancellationToken);
        return started.Fault is { } fault
            ? await run.FailAsync(started.IsLost ? $"{fault} The replay may have been started: look before trying again (items --state pending)." : fault)
            : await new ReplayProgress(run).FollowAsync(started.Read<ReplayView>().Id, cancellationToken);
    }

    private static async Task<int> CancelAsync(OperatorRun run, string id, CancellationToken cancellationToken) =>
        await run.ShowAsync<ReplayView>(
            await run.Client.PostAsync($"/api/replays/{Uri.EscapeDataString(id)}/cancel", new { }, cancellationToken),
            view => run.Output.WriteLine(ReplayProgress.Words(view)));

    private static string? ReplayId(ArgumentResult result)
    {
        var id = result.Tokens[0].Value;
        if (Guid.TryParseExact(id, "D", out _))
        {
            return id;
        }

        result.AddError($"'{Terminal.Clean(id)}' is no replay's id: it looks like 0198c5a0-0000-7000-8000-000000000000.");
        return null;
    }

    private static void CancelStandsAlone(CommandResult result)
    {
        string[] alone = ["--cancel", "--follow"];
        string[] common = ["--admin", "--token", "--json"];
        var given = result.Children.OfType<OptionResult>().Where(option => !option.Implicit).Select(option => option.Option.Name).Except(common).ToList();
        if (given.Count > 1 && given.Find(alone.Contains) is { } name)
        {
            result.AddError($"{name} takes the id of a replay and stands alone, without {string.Join(", ", given.Where(other => other != name))}.");
        }
    }
}

/// <summary><c>discard</c>: gives dead or pending deliveries up for good.</summary>
internal static class DiscardCommand
{
    // However many there are, it is one request.
    private static readonly TimeSpan WholeBacklog = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var command = new Command("discard", "Give up for good what a filter names: dead and pending deliveries, or those of --state.");
        var confirmation = new Confirmation(command);
        var filter = new FilterOptions(command, withDelivery: true);
        return OperatorOptions.With(command, async (run, cancellationToken) =>
        {
            var what = filter.Read(run.Parsed);
            var counted = await run.Client.PostAsync("/api/discards", new { filter = what, dryRun = true }, cancellationToken);
            if (await confirmation.EndsAsync(run, counted, "discard", cancellationToken) is { } exitCode)
            {
                return exitCode;
            }

            return await run.ShowAsync<DiscardView>(
                await run.Client.PostAsync("/api/discards", new { filter = what }, cancellationToken, WholeBacklog),
                view => run.Output.WriteLine($"{view.Discarded} discarded"));
        });
    }
}
