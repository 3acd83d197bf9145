using System.Threading.Channels;
using AngoGateway.Journal;

namespace AngoGateway.Deliveries;

/// <summary>How a lane waits: for a report of its attempts, a signal of the journal, or a time, whichever comes first.</summary>
internal sealed class LaneSleep(string name, IJournal journal, TimeProvider timeProvider)
{
    // What timers can tell apart: less would be a busy loop.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SignalLimit = TimeSpan.FromSeconds(30);

    // Both waits outlive a sleep that the other one or the time has ended: a new pair for each sleep would pile up.
    private Task? _signal;
    private Task? _report;

    /// <returns>As <see cref="TakeNewsAsync"/>.</returns>
    public async Task<bool> UntilAsync<T>(ChannelReader<T> reports, TimeSpan limit, CancellationToken cancellationToken)
    {
        _signal ??= journal.WaitForWorkAsync(name, SignalLimit, cancellationToken);
        _report ??= reports.WaitToReadAsync(cancellationToken).AsTask();
        await ((Task)Task.WhenAny(_signal, _report))
            .WaitAsync(limit > Shortest ? limit : Shortest, timeProvider, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (_report.IsCompleted)
            _report = null;

        return await TakeNewsAsync(cancellationToken);
    }

    /// <summary>Whether the journal has signalled since the last time, or not for so long that it is to be asked.</summary>
    public async ValueTask<bool> TakeNewsAsync(CancellationToken cancellationToken)
    {
        _signal ??= journal.WaitForWorkAsync(name, SignalLimit, cancellationToken);
        if (!_signal.IsCompleted)
            return false;

        // Awaited for its exception.
        var ended = _signal;
        _signal = null;
        await ended;
        return true;
    }
}
