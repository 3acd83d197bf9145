using AngoGateway.Operator;
using AngoGateway.Journal;
using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary>Follows a replay that the gateway carries out: a bar at a terminal, else about ten lines.</summary>
internal sealed class ReplayProgress(OperatorRun run)
{
    // As shells report SIGINT: 128 + 2.
    private const int Interrupted = 130;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <returns>0 when it is done, 1 when it was cancelled or cannot be read, 130 when the following was interrupted.</returns>
    public async Task<int> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var isQuiet = run.WantsJson;
        try
        {
            if (isQuiet || !Terminal.IsTerminal(run.Output))
            {
                return await EndAsync(id, await PollAsync(id, isQuiet ? _ => { } : new Steps(run.Output).Report, cancellationToken));
            }

            await run.Output.WriteLineAsync($"replay {Terminal.Clean(id)}");
            ApiAnswer last = default;
            await Terminal.On(run.Output).Progress().StartAsync(async progress =>
            {
                var bar = progress.AddTask("replaying");
                last = await PollAsync(
                    id,
                    view =>
                    {
                        bar.MaxValue = Math.Max(1, view.Total);
                        bar.Value = view.State == ReplayState.Done ? bar.MaxValue : view.Done + view.Skipped;
                    },
                    cancellationToken);
            });
            return await EndAsync(id, last);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await run.Parsed.InvocationConfiguration.Error.WriteLineAsync(
                $"No longer following. The replay goes on in the gateway; see it with: replay --follow {Terminal.Clean(id)}, end it with: replay --cancel {Terminal.Clean(id)}");
            return Interrupted;
        }
    }

    public static string Words(ReplayView view) => view.State switch
    {
        ReplayState.Done => $"replay {view.Id} is done: {Numbers(view)}",
        ReplayState.Cancelled => $"replay {view.Id} was cancelled: {Numbers(view)} of {view.Total}",
        _ => $"replay {view.Id} is running: {Numbers(view)} of {view.Total}",
    };

    private static string Numbers(ReplayView view) => $"{view.Done} replayed, {view.Skipped} skipped";

    private async Task<ApiAnswer> PollAsync(string id, Action<ReplayView> report, CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(Interval, TimeProvider.System);
        while (true)
        {
            var answer = await run.Client.GetAsync($"/api/replays/{Uri.EscapeDataString(id)}", cancellationToken);
            if (answer.Fault is not null)
            {
                return answer;
            }

            var view = answer.Read<ReplayView>();
            report(view);
            if (view.State != ReplayState.Running)
            {
                return answer;
            }

            await ticks.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task<int> EndAsync(string id, ApiAnswer last)
    {
        if (last is { Fault: { } fault, IsLost: true })
        {
            return await run.FailAsync(
                $"{fault} The replay goes on in the gateway, after a restart too; once it answers, see it with: replay --follow {Terminal.Clean(id)}, end it with: replay --cancel {Terminal.Clean(id)}");
        }

        var exitCode = await run.ShowAsync<ReplayView>(last, view => run.Output.WriteLine(Words(view)));
        return exitCode == 0 && last.Read<ReplayView>().State == ReplayState.Done ? 0 : 1;
    }

    /// <summary>A line for each tenth, and one at the beginning.</summary>
    private sealed class Steps(TextWriter output)
    {
        private long _tenth = -1;

        public void Report(ReplayView view)
        {
            var tenth = (view.Done + view.Skipped) * 10 / Math.Max(1, view.Total);
            if (view.State == ReplayState.Running && tenth > _tenth)
            {
                _tenth = tenth;
                output.WriteLine(Words(view));
            }
        }
    }
}
