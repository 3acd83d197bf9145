using System.CommandLine;
using System.Security.Cryptography;
using AngoGateway.Sources;
using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary><c>demo</c>: the gateway's main job for real, on the embedded samples.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(30);

    private static readonly Option<bool> Keep = new("--keep") { Description = "Stay up afterwards, to be tried by hand, until Ctrl-C." };

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Let the gateway's own log through." };

    public static Command Create()
    {
        var command = new Command("demo", "Run the main job for real: a gateway, three consumers, and samples signed and sent to it.") { Keep, Verbose };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            await CommandLifetime.SignalsAreTaken();
            try
            {
                await using var site = await DemoSite.StartAsync(parsed.GetValue(Verbose), cancellationToken);
                return await PlayAsync(site, output, parsed.GetValue(Keep), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await output.WriteLineAsync("interrupted");
                return 130;
            }
        });
        return command;
    }

    private static async Task<int> PlayAsync(DemoSite site, TextWriter output, bool keep, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"A gateway at {site.Webhook} with a SQLite journal in {site.Folder}");
        await output.WriteLineAsync($"Its consumers: {string.Join(", ", site.Consumers.Select(consumer => $"{consumer.Key} at {consumer.Value}"))}");
        await output.WriteLineAsync();
        await output.WriteLineAsync(Row("", "sent", "answered", "received by"));

        var outcomes = new List<(DemoScene Scene, bool AsExpected)>();
        foreach (var scene in DemoScene.All)
        {
            outcomes.Add((scene, await PlayAsync(site, scene, output, cancellationToken)));
        }

        if (!keep)
        {
            await site.StopGatewayAsync();
        }

        var received = site.ReceivedSoFar();
        var expected = DemoScene.All.Sum(scene => scene.ReceivedBy.Length);
        var unexpected = outcomes.Count(outcome => !outcome.AsExpected);
        await output.WriteLineAsync();
        await output.WriteLineAsync(
            $"{outcomes.Count} sent. {string.Join(", ", site.Consumers.Keys.Select(name => $"{name} got {received.Count(one => one.Consumer == name)}"))}: "
            + $"{received.Length} deliveries, {expected} expected.");
        var isGood = unexpected == 0 && received.Length == expected;
        Say(
            output,
            isGood
                ? "Everything as expected: each event once to each consumer that wants it, byte for byte (SHA-256)."
                : $"NOT as expected: {unexpected} of {outcomes.Count} went otherwise (marked with ✗).",
            isGood ? Color.Green : Color.Red);
        if (keep)
        {
            await StayAsync(site, output, cancellationToken);
        }

        return isGood ? 0 : 1;
    }

    private static async Task<bool> PlayAsync(DemoSite site, DemoScene scene, TextWriter output, CancellationToken cancellationToken)
    {
        var plan = scene.Plan(site.Webhook, site.Secret);
        var before = site.ReceivedSoFar().Length;
        SendResult? result = null;
        using (var http = WebhookSender.CreateClient(useProxy: false))
        {
            await new WebhookSender(http, TimeProvider.System).SendAsync(plan, answered => result = answered, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _ = Guid.TryParse(SendAnswer.EventId(result!.Answer), out var eventId);
        var isNew = result.Status == StatusCodes.Status202Accepted;
        if (isNew)
        {
            await site.WaitForAsync(eventId, scene.ReceivedBy.Length, DeliveryLimit, cancellationToken);
        }

        // A duplicate's answer names the first event, whose deliveries are not this request's.
        var received = isNew ? site.ReceivedSoFar().Where(one => one.EventId == eventId).ToArray() : site.ReceivedSoFar()[before..];
        var names = received.Select(one => one.Consumer).Order(StringComparer.Ordinal).ToArray();
        var sha256 = Convert.ToHexString(SHA256.HashData(plan.Payloads[0].Bytes));
        var signature = HubSignature.Compute(SignatureAlgorithm.Sha1, site.Secret, plan.Payloads[0].Bytes);
        var isIntact = received.All(one => one.Sha256 == sha256 && one.Signature == signature);
        var asExpected = result.Status == scene.Status && names.SequenceEqual(scene.ReceivedBy) && isIntact;

        var line = Row(
            asExpected ? "✓" : "✗",
            scene.Note.Length > 0 ? $"{scene.Sample}, {scene.Note}" : scene.Sample,
            $"{result.Status?.ToString() ?? "no answer:"} {result.Answer}",
            (names.Length > 0 ? string.Join(", ", names) : "nobody") + (isIntact ? "" : " (NOT the same bytes or signature)"));
        Say(output, line, asExpected ? Color.Default : Color.Red);
        return asExpected;
    }

    // A line of the console's own is wrapped at the terminal's width, with a break that stays in what is copied from it.
    private static void Say(TextWriter output, string line, Color color)
    {
        var console = Terminal.On(output);
        console.Profile.Width = Terminal.NoWrap;
        console.WriteLine(line, new Style(color));
    }

    private static async Task StayAsync(DemoSite site, TextWriter output, CancellationToken cancellationToken)
    {
        var sample = SampleLibrary.Find(DemoScene.ForTheirOwnHands)!;
        await File.WriteAllBytesAsync(Path.Combine(site.Folder, "payload.json"), sample.Bytes, cancellationToken);
        site.Narrator = output.WriteLine;
        await output.WriteLineAsync();
        await output.WriteLineAsync($"""
            Still running, health at {new Uri(site.Gateway.AdminAddress, "/readyz")}, configuration in {site.Folder}/gateway.json (edit it: it is watched).
            Send one by hand from a second terminal; the first time it is accepted, then it is a duplicate:

              cd {site.Folder}
              curl -i {site.Webhook} -H 'Content-Type: application/json' --data-binary @payload.json \
                -H "X-Hub-Signature: $(openssl dgst -sha1 -hmac "$(cat secret)" payload.json | sed 's/.* //')"

            Ctrl-C ends it and removes the folder. Arrivals:
            """);
        try
        {
            await site.Gateway.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how it is meant to end.
        }
    }

    private static string Row(string mark, string sent, string answered, string receivedBy) =>
        $"{mark,-2}{sent,-48}{answered,-58}{receivedBy}".TrimEnd();
}
