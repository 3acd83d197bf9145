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

    public static Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Action is ParseErrorAction mistake)
        {
            // A page of help would hide the one line that says what is wrong.
            mistake.ShowHelp = false;
        }

        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Patience });
    }
}
