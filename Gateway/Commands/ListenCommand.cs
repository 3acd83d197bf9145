using System.CommandLine;
using System.Text;
using AngoGateway.Configuration;
using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary><c>listen</c>: a consumer that prints what arrives, from a gateway or straight from Ango Hub.</summary>
internal static class ListenCommand
{
    private static readonly Option<Uri> Url = new("--url")
    {
        Description = "Address to listen on, localhost or an IP address of this machine; port 0 takes a free one. Every path is taken, so a "
            + "consumer's whole url may be given.",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:9000"),
        CustomParser = OptionParsers.Url,
    };

    private static readonly Option<byte[]?> Secret = new("--secret")
    {
        Description = "Check signatures with this secret: env:NAME or file:PATH. A bad one is printed as such and answered all the same.",
        HelpName = "REF",
        CustomParser = OptionParsers.Secret,
    };

    private static readonly Option<SignatureAlgorithm> Algorithm = OptionParsers.AlgorithmOption();

    private static readonly Option<string> Header = OptionParsers.HeaderOption();

    private static readonly Option<int> Status = new("--status")
    {
        Description = "Status to answer with: 503 shows retries, 410 a dead letter.",
        HelpName = "CODE",
        DefaultValueFactory = _ => 200,
        CustomParser = OptionParsers.Number(200, 599),
    };

    private static readonly Option<bool> Quiet = new("--quiet") { Description = "Print no line per arrival." };

    private static readonly Option<bool> Body = new("--body")
    {
        Description = "Print each payload, too. Real ones hold people's e-mail addresses and signed storage links: for your own terminal only.",
    };

    private static readonly Option<DirectoryInfo?> Save = new("--save")
    {
        Description = "Keep each payload, byte for byte, as a file in this folder. Said of --body holds here, too.",
        HelpName = "FOLDER",
    };

    public static Command Create()
    {
        var command = new Command("listen", "Be a consumer: print what arrives and answer it.")
        {
            Url, Secret, Algorithm, Header, Status, Quiet, Body, Save,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var folder = parsed.GetValue(Save);
        var url = parsed.GetRequiredValue(Url);
        var arrivals = 0;
        using var printing = new SemaphoreSlim(1);
        await CommandLifetime.SignalsAreTaken();
        if ((Objection(url) ?? Make(folder)) is { } objection)
        {
            await error.WriteLineAsync(objection);
            return 1;
        }

        try
        {
            await using var listener = await PayloadListener.StartAsync(url.GetLeftPart(UriPartial.Authority), TakeAsync, cancellationToken);
            await output.WriteLineAsync($"listening on {listener.Address} (Ctrl-C ends)");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (IOException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }

        await output.WriteLineAsync($"{arrivals} arrived");
        return 0;

        async Task<int> TakeAsync(Arrival arrival)
        {
            await printing.WaitAsync(CancellationToken.None);
            try
            {
                arrivals++;
                var at = TimeProvider.System.GetUtcNow();
                if (!parsed.GetValue(Quiet))
                {
                    await output.WriteLineAsync(ArrivalLine.Of(at, arrival, Verdict(parsed, arrival)));
                }

                if (parsed.GetValue(Body))
                {
                    await output.WriteLineAsync(Terminal.Clean(Encoding.UTF8.GetString(arrival.Payload), int.MaxValue, keepLines: true));
                }

                if (folder is not null)
                {
                    // The name is of our own making: nothing from outside decides where a file is written.
                    var name = Path.Combine(folder.FullName, $"{at:yyyyMMdd-HHmmssfff}-{arrivals:00000}.json");
                    await File.WriteAllBytesAsync(name, arrival.Payload, CancellationToken.None);
                }

                return parsed.GetValue(Status);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // An event that could not be kept must come again.
                await error.WriteLineAsync($"Answered 503: {exception.Message}");
                return StatusCodes.Status503ServiceUnavailable;
            }
            finally
            {
                printing.Release();
            }
        }
    }

    // The same rules as for the gateway's own listeners: Kestrel takes a name that it does not know for all addresses.
    private static string? Objection(Uri url)
    {
        var fault = url.Scheme == Uri.UriSchemeHttps ? "has no certificate to go with: write http://"
            : url is { HostNameType: UriHostNameType.Dns, Host: not "localhost" } ? "is neither an IP address nor localhost"
            : ListenConfig.FaultOf($"{url.Scheme}://{url.Host}:{url.Port}");
        return fault is null ? null
            : $"Cannot listen on {url.GetLeftPart(UriPartial.Authority)}, which {fault}. Write e.g. http://127.0.0.1:9000, or http://0.0.0.0:9000 for all addresses.";
    }

    private static string? Make(DirectoryInfo? folder)
    {
        try
        {
            folder?.Create();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"Cannot keep payloads in {folder}: {exception.Message}";
        }
    }

    private static string Verdict(ParseResult parsed, Arrival arrival)
    {
        if (parsed.GivenSecret(Secret) is not { } secret)
        {
            return "not checked";
        }

        var header = arrival.Request.Headers[parsed.GetValue(Header)!];
        return header.Count == 1 && HubSignature.Matches(header[0], parsed.GetValue(Algorithm), secret, arrival.Payload) ? "ok" : "BAD";
    }
}
