using AngoGateway.Configuration;
using AngoGateway.Consumers;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>
/// All that delivering to one consumer needs. Claims a window of due deliveries and keeps up to the consumer's
/// concurrency in flight; the rest of a backlog stays in the journal.
/// </summary>
internal sealed partial class Lane(
    string name, LiveSnapshot live, IJournal journal, DeliveryWorker worker, TimeProvider timeProvider, ILogger logger)
{
    // Signals wake the lane at once; this bounds how long it would sleep on a lost one, and on clock steps.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    private readonly Queue<Delivery> _window = new();
    private readonly HashSet<Task> _inFlight = [];

    /// <summary>Runs until <paramref name="claiming"/> ends, then waits for the attempts in flight (bounded by <paramref name="stopping"/>).</summary>
    /// <param name="claiming">Ends when the gateway stops or the consumer is removed.</param>
    /// <param name="stopping">Cuts attempts short; their deliveries are pending again.</param>
    public async Task RunAsync(CancellationToken claiming, CancellationToken stopping)
    {
        while (!claiming.IsCancellationRequested)
        {
            try
            {
                await StepAsync(claiming, stopping);
            }
            catch (OperationCanceledException) when (claiming.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // The last resort of the outbound half: a lane never ends because one step failed.
                Log.StepFailed(logger, e, name);
                await Task.Delay(AfterFault, timeProvider, claiming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        foreach (var delivery in _window)
        {
            journal.Release(delivery);
        }

        await Task.WhenAll(_inFlight).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StepAsync(CancellationToken claiming, CancellationToken stopping)
    {
        _inFlight.RemoveWhere(static attempt => attempt.IsCompleted);
        if (!live.Current.Consumers.TryGetValue(name, out var consumer))
        {
            // Removed a moment ago; the lanes' owner is about to end this one. Its deliveries stay in the journal.
            await Task.Delay(AfterFault, timeProvider, claiming);
            return;
        }

        if (_inFlight.Count >= consumer.Concurrency)
        {
            await Task.WhenAny(_inFlight).WaitAsync(claiming);
            return;
        }

        if (_window.TryDequeue(out var next))
        {
            _inFlight.Add(AttemptAsync(next, consumer, stopping));
            return;
        }

        var claimed = await journal.ClaimAsync(name, Math.Max(16, consumer.Concurrency), inTaskOrder: false, claiming);
        foreach (var delivery in claimed)
        {
            _window.Enqueue(delivery);
        }

        if (claimed.Count == 0)
        {
            await SleepAsync(claiming);
        }
    }

    private async Task SleepAsync(CancellationToken claiming)
    {
        var due = await journal.NextDueAsync(name, inTaskOrder: false, claiming);
        var wait = due is { } at ? at - timeProvider.GetUtcNow() : LongestSleep;
        if (wait > TimeSpan.Zero)
        {
            await journal.WaitForWorkAsync(name, wait < LongestSleep ? wait : LongestSleep, claiming);
        }
    }

    private async Task AttemptAsync(Delivery delivery, Consumer consumer, CancellationToken stopping)
    {
        // The lane's loop goes on at once, even when the attempt begins synchronously.
        await Task.Yield();
        try
        {
            await worker.AttemptAsync(delivery, consumer, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Pending again; the next start picks it up.
        }
        catch (Exception e)
        {
            Log.AttemptFailed(logger, e, delivery.Id);
            await Task.Delay(AfterFault, timeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The lane of consumer {Consumer} could not take its next step; it goes on in a second")]
        public static partial void StepFailed(ILogger logger, Exception exception, string consumer);

        [LoggerMessage(LogLevel.Error, "An attempt of delivery {DeliveryId} failed inside the gateway; it stays pending")]
        public static partial void AttemptFailed(ILogger logger, Exception exception, string deliveryId);
    }
}
