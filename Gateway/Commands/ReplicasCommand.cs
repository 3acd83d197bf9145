using System.CommandLine;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary><c>replicas</c>: which gateways share the journal, and whether their configurations differ.</summary>
internal static class ReplicasCommand
{
    public static Command Create() => OperatorOptions.With(
        new Command("replicas", "Show the gateways that share a PostgreSQL journal, and the configuration each has in force."),
        async (run, cancellationToken) => await run.ShowAsync<ReplicasView>(
            await run.Client.GetAsync("/api/replicas", cancellationToken), view => Print(run.Output, view)));

    private static void Print(TextWriter output, ReplicasView view)
    {
        if (view.Replicas.Count == 0)
        {
            output.WriteLine($"This gateway has its journal for itself (configuration {Terminal.Clean(view.Revision)}).");
            return;
        }

        var table = new TextTable("HOST", "REVISION", "SINCE", "LAST SEEN", "");
        foreach (var one in view.Replicas)
            table.Add(one.Host, one.Revision, TextTable.Time(one.StartedAt), TextTable.Time(one.SeenAt), one.Self ? "this one" : "");

        table.Write(output);
        if (view.Differ)
        {
            output.WriteLine();
            output.WriteLine("Their configurations differ: where a webhook goes depends on which of them takes it. Give all of them the same gateway.json.");
        }
    }
}
