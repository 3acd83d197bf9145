using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary><c>send</c>: signs files as Ango Hub does and posts them.</summary>
internal static class SendCommand
{
    private static readonly Argument<FileInfo[]> Files = new("FILE")
    {
        Description = "Payloads, sent byte for byte.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> Samples = new("--sample")
    {
        Description = $"An embedded sample instead of a file, by name or its beginning; all for every one: {string.Join(", ", SampleLibrary.Names)}.",
        HelpName = "NAME",
    };

    private static readonly Option<Uri> To = new("--to")
    {
        Description = "Address of the webhook, for example http://127.0.0.1:8080/hooks/ango.",
        HelpName = "URL",
        Required = true,
        CustomParser = OptionParsers.Url,
    };

    private static readonly Option<byte[]?> Secret = new("--secret")
    {
        Description = "Sign with this secret: env:NAME or file:PATH.",
        HelpName = "REF",
        CustomParser = OptionParsers.Secret,
    };

    private static readonly Option<byte[]?> Bearer = new("--bearer")
    {
        Description = "Send this bearer token instead of a signature: env:NAME or file:PATH.",
        HelpName = "REF",
        CustomParser = OptionParsers.Secret,
    };

    private static readonly Option<bool> Unsigned = new("--unsigned") { Description = "Send neither signature nor token." };

    private static readonly Option<SignatureAlgorithm> Algorithm = OptionParsers.AlgorithmOption();

    private static readonly Option<string> Header = OptionParsers.HeaderOption();

    private static readonly Option<int> Count = new("--count")
    {
        Description = "Copies of each payload.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = OptionParsers.Number(1, int.MaxValue),
    };

    private static readonly Option<double?> Rate = new("--rate")
    {
        Description = "Requests begun per second; latency then counts from the moment a request was due. Default: as fast as the answers come.",
        HelpName = "PER_SECOND",
        CustomParser = static result => OptionParsers.Number(0.001, 1_000_000)(result),
    };

    private static readonly Option<int> Concurrency = new("--concurrency")
    {
        Description = "Requests in flight at most.",
        HelpName = "N",
        DefaultValueFactory = _ => 8,
        CustomParser = OptionParsers.Number(1, 10_000),
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds to wait for one answer.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
        CustomParser = OptionParsers.Number(0.001, 86_400),
    };

    private static readonly Option<bool> Unique = new("--unique")
    {
        Description = "Give each copy a task id of its own and the present moment as updatedAt, and sign it anew: no duplicates.",
    };

    private static readonly Option<bool> Now = new("--now")
    {
        Description = "Set updatedAt to the present moment, the same in every copy. A gateway quarantines events whose updatedAt is older "
            + "than its retention.keys (a year by default), and the samples' are: send them with --now or --unique.",
    };

    public static Command Create()
    {
        var command = new Command("send", "Sign payloads as Ango Hub does and post them to a gateway.")
        {
            Files, Samples, To, Secret, Bearer, Unsigned, Algorithm, Header, Count, Rate, Concurrency, Timeout, Unique, Now,
        };
        command.Validators.Add(CheckCombination);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration;
            var payloads = SendPayloads.Read(
                parsed.GetValue(Files) ?? [], parsed.GetValue(Samples) ?? [], Wanted(parsed), output.Error);
            return payloads is null ? 1 : await SendRun.RunAsync(Plan(parsed, payloads), output.Output, output.Error, cancellationToken);
        });
        return command;
    }

    static SendCommand()
    {
        Files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !File.Exists(token.Value)))
            {
                result.AddError($"There is no file {Terminal.Clean(token.Value)}.");
            }
        });
        Samples.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value != "all" && SampleLibrary.Find(token.Value) is null))
            {
                result.AddError($"There is no one sample '{Terminal.Clean(token.Value)}': write one of all, {string.Join(", ", SampleLibrary.Names)}.");
            }
        });
    }

    private static void CheckCombination(CommandResult result)
    {
        if ((result.GetResult(Files)?.Tokens.Count ?? 0) + (result.GetResult(Samples)?.Tokens.Count ?? 0) == 0)
        {
            result.AddError("Nothing to send: name a FILE or a --sample.");
        }

        if (new[] { result.GetResult(Secret), result.GetResult(Bearer), result.GetResult(Unsigned) }.Count(given => given is not null) != 1)
        {
            result.AddError("Say how to authenticate with exactly one of --secret REF, --bearer REF and --unsigned.");
        }

        if (result.GetValue(Unique) && result.GetValue(Now))
        {
            result.AddError("--unique sets updatedAt to the present moment already, in each copy to its own: leave --now out.");
        }
    }

    private static Freshening Wanted(ParseResult parsed) =>
        parsed.GetValue(Unique) ? Freshening.Unique : parsed.GetValue(Now) ? Freshening.Now : Freshening.None;

    private static SendPlan Plan(ParseResult parsed, NamedPayload[] payloads) => new(
        parsed.GetRequiredValue(To),
        payloads,
        new Credentials(
            parsed.GivenSecret(Secret),
            parsed.GivenSecret(Bearer) is { } token ? Encoding.UTF8.GetString(token) : null,
            parsed.GetValue(Algorithm),
            parsed.GetValue(Header)!),
        parsed.GetValue(Count),
        parsed.GetValue(Rate),
        parsed.GetValue(Concurrency),
        Wanted(parsed),
        TimeSpan.FromSeconds(parsed.GetValue(Timeout)));
}
