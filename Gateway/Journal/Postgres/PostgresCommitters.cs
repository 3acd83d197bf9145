using System.Diagnostics;
using AngoGateway.Telemetry;

namespace AngoGateway.Journal.Postgres;

/// <summary>
/// A few loops that each take all that waits and write it in one transaction: the sync of the commit is shared by all of it,
/// and while one waits for its commit the others send theirs.
/// </summary>
internal sealed class PostgresCommitters<T>
    where T : PostgresWrite
{
    private readonly PostgresQueue<T> _queue;
    private readonly PostgresHealth _health;
    private readonly Func<List<T>, Task<List<T>>> _write;
    private readonly Func<List<T>, Task>? _rest;
    private readonly Task _running;
    private long _commits;

    /// <param name="count">How many transactions at once.</param>
    /// <param name="queue">What waits.</param>
    /// <param name="health">While it has a fault nothing is tried: its probe finds out when that is worth while.</param>
    /// <param name="write">One transaction with all of a slice; returns those that need another one.</param>
    /// <param name="rest">That other transaction; null when there is none.</param>
    public PostgresCommitters(
        int count, PostgresQueue<T> queue, PostgresHealth health, Func<List<T>, Task<List<T>>> write, Func<List<T>, Task>? rest)
    {
        (_queue, _health, _write, _rest) = (queue, health, write, rest);
        _running = Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(RunAsync)));
    }

    /// <summary>Transactions committed so far.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Writes what waits, then ends.</summary>
    public async Task CloseAsync()
    {
        _queue.Close("The journal is closing.");
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _queue.TakeAsync() is { } slice)
            await CommitAsync(slice, _write);
    }

    /// <summary>One transaction; more only when a row had to be left out.</summary>
    private async Task CommitAsync(List<T> slice, Func<List<T>, Task<List<T>>> write)
    {
        if (_health.Fault is { } known)
        {
            Refuse(slice, known);
            return;
        }

        List<T> rest;
        var began = Stopwatch.GetTimestamp();
        try
        {
            rest = await write(slice);
        }
        catch (PostgresRowException) when (slice.Count > 1)
        {
            await CommitAsync(slice[..(slice.Count / 2)], write);
            await CommitAsync(slice[(slice.Count / 2)..], write);
            return;
        }
        catch (PostgresRowException exception)
        {
            Refuse(slice, _health.RowRefused(exception.InnerException!));
            return;
        }
        catch (JournalUnavailableException exception)
        {
            Refuse(slice, exception.Message);
            return;
        }
        // The last resort of the writing half: the loop must outlive whatever one slice does.
        catch (Exception exception)
        {
            Refuse(slice, _health.RowRefused(exception));
            return;
        }

        // A database's time is real time, whatever clock the gateway was given.
        Metrics.CommitDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        Metrics.CommitSize.Record(slice.Count);
        Interlocked.Increment(ref _commits);
        Complete(rest.Count == 0 ? slice : slice.FindAll(one => !rest.Contains(one)));
        if (rest.Count > 0)
            await CommitAsync(rest, WriteRestAsync);
    }

    private async Task<List<T>> WriteRestAsync(List<T> slice)
    {
        await _rest!(slice);
        return [];
    }

    private void Complete(List<T> writes)
    {
        _queue.Done(writes);
        writes.ForEach(static write => write.Committed());
    }

    private void Refuse(List<T> writes, string fault)
    {
        _queue.Done(writes);
        writes.ForEach(write => write.Refused(fault));
    }
}
