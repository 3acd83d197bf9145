using System.Threading.Channels;
using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Operator;

/// <summary>
/// Carries out replays at their rates, in steps of a tenth of a second, one transaction each. What is to be done and what
/// is done is in the journal: after a restart or an outage it goes on where it was.
/// </summary>
internal sealed partial class ReplayRunner(IJournal journal, LiveSnapshot live, TimeProvider timeProvider, ILogger<ReplayRunner> logger)
    : BackgroundService
{
    internal static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private const double StepsPerSecond = 10;

    // Found without being woken: replays that another process of the same journal started.
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(5);

    private readonly IJournalOperations _operations = JournalOperations.Of(journal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // Items that each running replay may still take, by its rate: below one between a slow one's steps, below none after
    // an event with many.
    private readonly Dictionary<Guid, double> _credits = [];

    private bool _isFailing;

    /// <summary>There is a new replay.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Takes each running replay as far as its rate allows in one step.</summary>
    /// <returns>Whether any is running.</returns>
    internal async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var running = (await _operations.ReplaysAsync(cancellationToken)).Where(job => job.State == ReplayState.Running).ToList();
        foreach (var job in running)
        {
            // A target that a reload took away: the rest waits for its return, or for somebody to cancel.
            if (job.Order.To?.All(live.Current.Consumers.ContainsKey) == false)
                continue;

            var share = job.Order.Rate / StepsPerSecond;
            // The first item of a slow replay goes at once.
            // No more than a second's worth: while another gateway carries it out, nothing is saved up here.
            var credit = Math.Min(_credits.TryGetValue(job.Id, out var left) ? left + share : Math.Max(share, 1), Math.Max(job.Order.Rate, 1));
            var items = (int)credit;
            if (items <= 0)
            {
                _credits[job.Id] = credit;
                continue;
            }

            // The journal keeps an event's items together: it may take some fewer, or (one event's) some more.
            var after = await _operations.StepReplayAsync(job.Id, items, Route, cancellationToken);
            _credits[job.Id] = credit - (after.Done + after.Skipped - job.Done - job.Skipped);
            if (after.State != ReplayState.Running)
            {
                _credits.Remove(job.Id);
                Log.Ended(logger, job.Id, after.State, after.Done, after.Skipped, after.Total);
            }
        }

        return running.Count > 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var steps = new PeriodicTimer(Step, timeProvider);
        try
        {
            while (await steps.WaitForNextTickAsync(stoppingToken))
            {
                if (!await TryStepAsync(stoppingToken))
                    await IdleAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops; what is running goes on at the next start.
        }
    }

    // Last resort: whatever goes wrong, the replays are in the journal and are tried again.
    private async Task<bool> TryStepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var isRunning = await StepAsync(cancellationToken);
            _isFailing = false;
            return isRunning;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (!_isFailing)
                Log.Failing(logger, exception);

            _isFailing = true;
            return false;
        }
    }

    private async Task IdleAsync(CancellationToken cancellationToken)
    {
        var limit = _isFailing ? TimeSpan.FromSeconds(1) : IdleLook;
        Task woken = _wake.Reader.WaitToReadAsync(cancellationToken).AsTask();
        await woken.WaitAsync(limit, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        _wake.Reader.TryRead(out _);
    }

    // Today's table. The sender of a proxied event got its answer long ago: now its consumer is one like the others.
    private NewDelivery[] Route(StoredEvent stored)
    {
        var match = live.Current.Routes.Match(stored.Source, stored.Envelope);
        return Array.ConvertAll(match.All, consumer => new NewDelivery(consumer.Name, NewestOnly: consumer.NewestOnly));
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Replay {Replay} {State}: {Done} replayed, {Skipped} skipped, of {Total}")]
        public static partial void Ended(ILogger logger, Guid replay, ReplayState state, long done, long skipped, long total);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Replays wait: the journal did not take a step")]
        public static partial void Failing(ILogger logger, Exception exception);
    }
}
