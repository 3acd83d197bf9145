using System.CommandLine;
using AngoGateway.Configuration;
using AngoGateway.Forwarding;

namespace AngoGateway.Commands;

/// <summary><c>check</c>: says whether gateway.json is good, and where a payload would go. Starts nothing, opens no journal.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config")
        {
            Description = "The gateway.json to check.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "gateway.json",
        };
        var payload = new Option<string?>("--payload")
        {
            Description = "A webhook's body: shows its envelope, its key, and what each route says to it.",
            HelpName = "FILE",
        };
        var source = new Option<string?>("--source")
        {
            Description = "The source that the payload came to; may be left out when there is one only.",
            HelpName = "NAME",
        };
        var noSecrets = new Option<bool>("--no-secrets")
        {
            Description = "Do not look for the secrets' variables and files (for a build that has none).",
        };
        var command = new Command("check", "Check gateway.json: every fault at once, exit code 1 when there is one.")
        {
            config, payload, source, noSecrets,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(source) is not null && result.GetValue(payload) is null)
                result.AddError("--source goes with --payload FILE.");
        });
        command.SetAction(parsed =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var path = parsed.GetValue(config)!;
            var reading = new ConfigLoader(Environment.GetEnvironmentVariable, Clusters.Check, TimeProvider.System)
                .Read(path, withSecrets: !parsed.GetValue(noSecrets));
            if (reading.Config is not { } good)
            {
                PrintFaults(reading.Faults, path, error);
                return 1;
            }

            output.WriteLine(
                $"{path} is good: {Count(good.Sources.Count, "source")}, {Count(good.Consumers.Count, "consumer")}, "
                + $"{Count(good.Routes?.Length ?? 0, "route")}, revision {reading.Revision}"
                + (parsed.GetValue(noSecrets) ? " (secrets were not looked for)" : ""));
            return parsed.GetValue(payload) is { } file
                ? new PayloadCheck(good, TimeProvider.System).Run(file, parsed.GetValue(source), output, error)
                : 0;
        });
        return command;
    }

    /// <summary>A line for each fault, and one with their number.</summary>
    public static void PrintFaults(IReadOnlyList<ConfigFault> faults, string path, TextWriter error)
    {
        foreach (var fault in faults)
            error.WriteLine(fault.In(path));

        error.WriteLine($"{path} has {Count(faults.Count, "fault")}.");
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
