using System.CommandLine;
using AngoGateway.Operator;
using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary>The count before a change of many things, and the question whether it is meant.</summary>
internal sealed class Confirmation
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say how many match; change nothing." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask." };

    public Confirmation(Command command)
    {
        command.Add(_dryRun);
        command.Add(_yes);
    }

    /// <summary>Shows the count and asks.</summary>
    /// <param name="run">Of the command.</param>
    /// <param name="counted">The answer to a dry run.</param>
    /// <param name="verb">What is about to be done.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The exit code when the command ends here; null when it goes on.</returns>
    public async Task<int?> EndsAsync(OperatorRun run, ApiAnswer counted, string verb, CancellationToken cancellationToken)
    {
        if (counted.Fault is { } fault)
        {
            return await run.FailAsync(fault);
        }

        var count = counted.Read<CountView>().Count;
        if (run.Parsed.GetValue(_dryRun) || count == 0)
        {
            return await run.ShowAsync<CountView>(counted, view => run.Output.WriteLine(Words(view.Count)));
        }

        if (!run.WantsJson)
        {
            await run.Output.WriteLineAsync(Words(count));
        }

        if (run.Parsed.GetValue(_yes))
        {
            return null;
        }

        if (run.WantsJson || !Terminal.IsTerminal(run.Output) || Console.IsInputRedirected)
        {
            return await run.FailAsync($"Nothing was changed: add --yes to {verb} {count}, or --dry-run to count only.");
        }

        var isMeant = await Terminal.On(run.Output).ConfirmAsync($"{verb} {count}?", defaultValue: false, cancellationToken);
        return isMeant ? null : await run.FailAsync("Nothing was changed.");
    }

    private static string Words(long count) => count switch
    {
        0 => "nothing matches",
        1 => "1 matches",
        _ => $"{count} match",
    };
}
