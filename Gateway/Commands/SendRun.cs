using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary>One run of <c>send</c>: sends the plan and tells how it goes.</summary>
internal static class SendRun
{
    // As shells report SIGINT: 128 + 2.
    private const int Interrupted = 130;

    // Few enough requests to give each a line.
    private const int LinePerRequest = 20;

    /// <returns>0 when every answer was 2xx, 130 when interrupted, else 1.</returns>
    public static async Task<int> RunAsync(SendPlan plan, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var tally = new SendTally();
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        using var http = WebhookSender.CreateClient();
        var sender = new WebhookSender(http, clock);

        if (plan.Total > LinePerRequest && Terminal.IsTerminal(output))
        {
            await Terminal.On(output).Progress().HideCompleted(true).StartAsync(async progress =>
            {
                var task = progress.AddTask("sending", maxValue: plan.Total);
                await sender.SendAsync(plan, result => { Count(result); task.Increment(1); }, cancellationToken);
            });
        }
        else
        {
            // About ten lines of progress for a log file.
            var step = Math.Max(1, plan.Total / 10);
            var printing = new Lock();
            await sender.SendAsync(
                plan,
                result =>
                {
                    lock (printing)
                    {
                        Count(result);
                        if (plan.Total <= LinePerRequest)
                        {
                            output.WriteLine(Line(result));
                        }
                        else if (tally.Done % step == 0)
                        {
                            output.WriteLine($"{tally.Done} of {plan.Total} sent, {tally.Succeeded} answered 2xx");
                        }
                    }
                },
                cancellationToken);
        }

        await output.WriteLineAsync(tally.Summary(clock.GetElapsedTime(start)));
        if (tally.Done == plan.Total)
        {
            return tally.Succeeded == tally.Done ? 0 : 1;
        }

        await output.WriteLineAsync($"interrupted: {plan.Total - tally.Done} of {plan.Total} were not sent, or their answers not waited for");
        return Interrupted;

        void Count(SendResult result)
        {
            if (tally.Add(result))
            {
                error.WriteLine($"no answer from {plan.To}: {result.Answer}");
            }
        }
    }

    private static string Line(SendResult result) =>
        $"{result.Status?.ToString() ?? "---"} {result.Answer} · {Terminal.Clean(result.Payload)} · {result.Latency.TotalMilliseconds:0.0} ms";
}
