using System.Threading.Channels;
using AngoGateway.Configuration;
using AngoGateway.Consumers;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>
/// All that delivering to one consumer needs. Claims a window of due deliveries and keeps up to the consumer's
/// concurrency in flight; the rest of a backlog stays in the journal. Shares nothing bounded with other lanes.
/// </summary>
/// <remarks>
/// One loop owns everything here; attempts run beside it and report back through a channel, when the consumer has answered and when
/// that is written down: the next attempt need not wait for a commit, but no more wait for one than go to the consumer at once. The loop
/// takes a step whenever something may have changed: a report, a signal of the journal (work, or the lane's state), a time that has come.
/// </remarks>
internal sealed partial class Lane(
    string name, LiveSnapshot live, IJournal journal, DeliveryWorker worker, TimeProvider timeProvider, ILogger logger)
{
    private const long MaxBytesInFlight = 64 * 1024 * 1024;

    // Signals wake the lane at once; this bounds how long it would sleep on a lost one, and on clock steps.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    // A delivery that fell due behind the claim's back; its signal mostly comes sooner.
    private static readonly TimeSpan AfterRace = TimeSpan.FromMilliseconds(50);

    // Claimed deliveries are in nobody else's reach: not to be superseded, replayed or discarded.
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(1);

    // A claim costs as much as some deliveries: the more of them are gone in no time, the more are claimed at once.
    private const int LeastClaim = 16;
    private const int MostClaim = 128;
    private static readonly TimeSpan QuickClaim = TimeSpan.FromMilliseconds(50);

    private readonly Queue<Delivery> _window = new();
    private readonly Channel<Report> _reports = Channel.CreateUnbounded<Report>();
    private readonly Circuit _circuit = new(timeProvider, Random.Shared.NextDouble, journal.Lane(name).OpenSince);
    private readonly Pace _pace = new(timeProvider);
    private readonly ByteBudget _bytes = new(MaxBytesInFlight);
    private readonly LaneSleep _sleep = new(name, journal, timeProvider);
    private readonly Outlook _outlook = new(timeProvider, LongestSleep);
    private DateTimeOffset? _knownOpenSince = journal.Lane(name).OpenSince;
    private int _inFlight;
    private int _unsettled;
    private int _claim = LeastClaim;
    private long _claimedAt;

    /// <summary>Runs until <paramref name="claiming"/> ends, then waits for the attempts in flight (bounded by <paramref name="stopping"/>).</summary>
    /// <param name="claiming">Ends when the gateway stops or the consumer is removed.</param>
    /// <param name="stopping">Cuts attempts short; their deliveries are pending again.</param>
    public async Task RunAsync(CancellationToken claiming, CancellationToken stopping)
    {
        using var permits = new PermitWindow();
        while (!claiming.IsCancellationRequested)
        {
            try
            {
                while (_reports.Reader.TryRead(out var report))
                    Hear(report);

                await KeepStateAsync(claiming);
                var wait = await StepAsync(permits, claiming, stopping);
                if (wait != TimeSpan.Zero && await _sleep.UntilAsync(_reports.Reader, wait, claiming))
                    _outlook.Open();
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

        ReleaseWindow();
        while (_inFlight + _unsettled > 0)
            Hear(await _reports.Reader.ReadAsync(CancellationToken.None));
    }

    /// <summary>Begins one attempt, or claims, or finds out what there is to wait for.</summary>
    /// <returns>Zero to go on at once; else for how long there is nothing to do unless something happens.</returns>
    private async ValueTask<TimeSpan> StepAsync(PermitWindow permits, CancellationToken claiming, CancellationToken stopping)
    {
        // Removed a moment ago: the lanes' owner is about to end this one. Its deliveries stay in the journal.
        if (!live.Current.Consumers.TryGetValue(name, out var consumer) || journal.Lane(name).PausedAt is not null)
            return Idle(LongestSleep);

        if (_inFlight >= consumer.Concurrency || _unsettled >= consumer.Concurrency)
            return Busy();

        if (_circuit.Wait() is var open && open != TimeSpan.Zero)
            return open == Timeout.InfiniteTimeSpan ? LongestSleep : open;

        if (!_window.TryPeek(out var next))
            return await ClaimAsync(consumer, claiming);

        if (!_bytes.Fits(next.Size))
            return LongestSleep;

        if (_pace.Wait() is var slow && slow != TimeSpan.Zero)
            return Idle(slow);

        if (!permits.TryTake(consumer.RateLimit, out var refused))
            return Idle(refused);

        _window.Dequeue();
        _bytes.Take(next.Size);
        _inFlight++;
        _ = AttemptAsync(next, consumer, _circuit.Begin(), _pace.Begin(), stopping);
        return TimeSpan.Zero;
    }

    private async ValueTask<TimeSpan> ClaimAsync(Consumer consumer, CancellationToken claiming)
    {
        if (!_outlook.IsOpen(consumer) && await _sleep.TakeNewsAsync(claiming))
            _outlook.Open();

        if (_outlook.IsOpen(consumer))
        {
            _claim = timeProvider.GetElapsedTime(_claimedAt) < QuickClaim ? Math.Min(2 * _claim, MostClaim) : LeastClaim;
            var limit = _circuit.IsOpen ? 1 : Math.Max(_claim, consumer.Concurrency);
            var claimed = await journal.ClaimAsync(name, limit, consumer.InTaskOrder, claiming);
            _claimedAt = timeProvider.GetTimestamp();
            foreach (var delivery in claimed)
                _window.Enqueue(delivery);

            if (claimed.Count < limit)
                _outlook.Close(consumer);

            if (claimed.Count > 0)
                return TimeSpan.Zero;
        }

        if (_outlook.Wait is null)
            _outlook.Expect(await journal.NextDueAsync(name, consumer.InTaskOrder, claiming));

        return _outlook.Wait is { } wait && wait > TimeSpan.Zero ? wait : AfterRace;
    }

    // A consumer that turns slow keeps its attempts, not what is behind them.
    private TimeSpan Busy()
    {
        if (_window.Count == 0)
            return LongestSleep;

        var rest = LongestHold - timeProvider.GetElapsedTime(_claimedAt);
        if (rest > TimeSpan.Zero)
            return rest;

        ReleaseWindow();
        return LongestSleep;
    }

    private TimeSpan Idle(TimeSpan wait)
    {
        if (wait > LongestHold)
            ReleaseWindow();

        return wait;
    }

    private void Hear(Report report)
    {
        if (report.IsEnd)
        {
            _unsettled--;
            if (report.IsBack)
                _outlook.Open();

            return;
        }

        _inFlight--;
        _unsettled++;
        _bytes.Return(report.Size);
        var wasOpen = _circuit.IsOpen;
        _circuit.Hear(report.Turn, report.Outcome.Sign);
        _pace.Hear(report.Begun, report.Outcome.Sign, report.Outcome.Hold);
        if (wasOpen && !_circuit.IsOpen)
        {
            _pace.Restart();
            Log.CircuitClosed(logger, name);
        }
        else if (!wasOpen && _circuit.IsOpen)
        {
            ReleaseWindow();
            Log.CircuitOpened(logger, name, Circuit.FailuresToOpen);
        }
    }

    // A restart must not meet a dead consumer at full speed, and an operator wants to see it. Other gateways on the same
    // journal write there too: what is not as it was left is their news, and goes before ours.
    private async ValueTask KeepStateAsync(CancellationToken claiming)
    {
        var openSince = journal.Lane(name).OpenSince;
        if (openSince != _knownOpenSince)
        {
            _knownOpenSince = openSince;
            if (openSince is not null != _circuit.IsOpen)
                Adopt(openSince);
        }
        else if (openSince is not null != _circuit.IsOpen)
        {
            await journal.SetOpenAsync(name, _circuit.OpenSince, claiming);
            _knownOpenSince = journal.Lane(name).OpenSince;
        }
    }

    private void Adopt(DateTimeOffset? openSince)
    {
        _circuit.Adopt(openSince);
        if (_circuit.IsOpen)
            ReleaseWindow();
        else
            _pace.Restart();

        Log.CircuitAdopted(logger, name, _circuit.IsOpen ? "open" : "closed");
    }

    private void ReleaseWindow()
    {
        while (_window.TryDequeue(out var delivery))
        {
            journal.Release(delivery);
            _outlook.Open();
        }
    }

    private async Task AttemptAsync(Delivery delivery, Consumer consumer, int turn, long begun, CancellationToken stopping)
    {
        // The lane's loop goes on at once, even when the attempt begins synchronously.
        await Task.Yield();
        var tried = await worker.AttemptAsync(delivery, consumer, stopping);
        _reports.Writer.TryWrite(new Report(delivery.Size, turn, begun, tried.Outcome));
        var isSettled = await worker.EndAsync(tried, stopping);
        _reports.Writer.TryWrite(new Report { IsEnd = true, IsBack = !isSettled });
    }

    private readonly record struct Report(int Size, int Turn, long Begun, AttemptOutcome Outcome)
    {
        /// <summary>The lease of an attempt reported before has ended: it is written down, or the delivery is back.</summary>
        public bool IsEnd { get; init; }

        /// <summary>The delivery is in the journal as before.</summary>
        public bool IsBack { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The lane of consumer {Consumer} could not take its next step; it goes on in a second")]
        public static partial void StepFailed(ILogger logger, Exception exception, string consumer);

        [LoggerMessage(LogLevel.Warning, "Circuit opened consumer={Consumer} failures={Failures}: its deliveries wait, and it is probed")]
        public static partial void CircuitOpened(ILogger logger, string consumer, int failures);

        [LoggerMessage(LogLevel.Information, "Circuit closed consumer={Consumer}: its deliveries go on, gently at first")]
        public static partial void CircuitClosed(ILogger logger, string consumer);

        [LoggerMessage(LogLevel.Information, "Circuit {State} consumer={Consumer}: another gateway on this journal has found it so")]
        public static partial void CircuitAdopted(ILogger logger, string consumer, string state);
    }
}
