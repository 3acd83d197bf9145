using System.CommandLine;
using System.CommandLine.Invocation;

namespace AngoGateway.Commands;

/// <summary>ango-gateway's command line: <c>run</c> unless another command is named.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        var config = RunCommand.ConfigOption();
        var root = new RootCommand("ango-gateway: a verifying gateway for webhooks from Ango Hub.")
        {
            config,
            RunCommand.Create(),
            CheckCommand.Create(),
            SendCommand.Create(),
            ListenCommand.Create(),
            DemoCommand.Create(),
            HealthCommand.Create(),
            ConsumersCommand.Create(),
            ConsumersCommand.CreatePause(),
            ConsumersCommand.CreateResume(),
            ReplicasCommand.Create(),
            ItemsCommand.Create(),
            EventCommand.Create(),
            ReplayCommand.Create(),
            DiscardCommand.Create(),
        };
        root.SetAction((parsed, cancellationToken) => RunCommand.RunAsync(parsed.GetValue(config)!, parsed, cancellationToken));
        return root;
    }

    // Attempts in flight may take this long to finish after SIGTERM; System.CommandLine's own patience is two seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // As shells report SIGINT: 128 + 2.
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Action is ParseErrorAction mistake)
        {
            // A page of help would hide the one line that says what is wrong.
            mistake.ShowHelp = false;
        }

        try
        {
            var exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration { ProcessTerminationTimeout = Patience, EnableDefaultExceptionHandler = false });
            if (Hint(parsed) is { } hint)
            {
                await Console.Error.WriteLineAsync(hint);
            }

            return exitCode;
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C, in a command that has nothing more to say about it.
            return Interrupted;
        }
        catch (IOException fault)
        {
            // Commands turn what they read and ask for into words of their own: what is left is the output, to a full disk say.
            await Console.Error.WriteLineAsync($"Ended, since the output cannot be written: {fault.Message}");
            return 1;
        }
        catch (Exception fault)
        {
            await Console.Error.WriteLineAsync($"Ended by a fault of its own: {fault}");
            return 1;
        }
    }

    /// <summary>What could have been meant by a first word that is no command; null when there is no such word.</summary>
    internal static string? Hint(ParseResult parsed) => parsed is { Action: ParseErrorAction, UnmatchedTokens.Count: > 0, CommandResult.Command: RootCommand root }
        ? $"Commands are {string.Join(", ", root.Subcommands.Select(command => command.Name))}; --help after one of them tells the rest."
        : null;
}
