using System.CommandLine;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary><c>consumers</c>, <c>pause</c> and <c>resume</c>: what waits for whom, and the switch of a lane.</summary>
internal static class ConsumersCommand
{
    public static Command Create() => OperatorOptions.With(
        new Command("consumers", "Show what waits for each consumer, and which are paused, open or orphaned."),
        async (run, cancellationToken) => await run.ShowAsync<ConsumersView>(
            await run.Client.GetAsync("/api/consumers", cancellationToken), view => Print(run.Output, view.Consumers)));

    public static Command CreatePause() =>
        Switch("pause", "Stop delivering to a consumer; its events are kept.", "is paused: its events are kept until it is resumed");

    public static Command CreateResume() => Switch("resume", "Deliver to a paused consumer again.", "is resumed");

    private static Command Switch(string verb, string description, string outcome)
    {
        var name = new Argument<string>("NAME") { Description = "Of the consumer.", CustomParser = OptionParsers.Step("consumer's name", "consumers") };
        return OperatorOptions.With(new Command(verb, description) { name }, async (run, cancellationToken) =>
        {
            var consumer = run.Parsed.GetRequiredValue(name);
            var answer = await run.Client.PostAsync($"/api/consumers/{Uri.EscapeDataString(consumer)}/{verb}", new { }, cancellationToken);
            return await run.ShowAsync<ConsumerView>(answer, view =>
                run.Output.WriteLine($"{Terminal.Clean(view.Name)} {outcome} ({view.Pending} pending)"));
        });
    }

    private static void Print(TextWriter output, IReadOnlyList<ConsumerView> consumers)
    {
        var table = new TextTable("CONSUMER", "STATE", "PENDING", "OLDEST", "DEAD", "SINCE");
        foreach (var one in consumers)
        {
            table.Add(
                one.Name, one.State, one.Pending.ToString(), TextTable.Age(one.OldestPendingSeconds), one.Dead.ToString(),
                TextTable.Time(one.PausedAt ?? one.OpenSince));
        }

        table.Write(output);
    }
}
