using System.CommandLine;
using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Commands;

/// <summary><c>run</c>, the default: serves a gateway.json until SIGTERM or Ctrl-C.</summary>
internal static class RunCommand
{
    public static Option<FileInfo> ConfigOption() => new("--config", "-c")
    {
        Description = "The gateway's configuration.",
        DefaultValueFactory = _ => new FileInfo("gateway.json"),
    };

    public static Command Create()
    {
        var config = ConfigOption();
        var command = new Command("run", "Serve a gateway.json until SIGTERM or Ctrl-C (the default command).") { config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(config)!, parsed, cancellationToken));
        return command;
    }

    /// <returns>0 after a clean stop, 1 when the configuration, the journal or an address did not let it start, or a part of it died.</returns>
    public static async Task<int> RunAsync(FileInfo config, ParseResult parsed, CancellationToken cancellationToken)
    {
        var errors = parsed.InvocationConfiguration.Error;
        var output = parsed.InvocationConfiguration.Output;
        await CommandLifetime.SignalsAreTaken();
        try
        {
            await using var server = await GatewayServer.StartAsync(
                GatewayServerOptions.FromEnvironment(config.FullName), cancellationToken);
            await output.WriteLineAsync($"ango-gateway takes webhooks at {server.PublicAddress} (admin: {server.AdminAddress})");
            await server.WaitForShutdownAsync(cancellationToken);
            return server.HasFailed ? 1 : 0;
        }
        catch (ConfigurationException e)
        {
            CheckCommand.PrintFaults(e.Faults, config.ToString(), errors);
        }
        catch (JournalUnavailableException e)
        {
            await errors.WriteLineAsync(e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped while it was starting: nothing had begun.
            return 0;
        }
        catch (IOException e)
        {
            // An address in use, not this machine's or not allowed, or https without a certificate; the message names it.
            await errors.WriteLineAsync(e.Message);
        }

        return 1;
    }
}
