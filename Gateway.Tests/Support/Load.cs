using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AngoGateway.Tests.Support;

/// <summary>
/// Unique signed events at a fixed rate, whatever the gateway answers (open loop): what is behind its time is sent at once.
/// Remembers what was acknowledged over all runs.
/// </summary>
/// <param name="rate">Events per second.</param>
/// <param name="name">Leads the task ids, so that two loads never make the same event.</param>
internal sealed class Load(int rate, string name = "task")
{
    // Enough for the rate when an answer takes 100 ms; more connections would only wait for the same two cores.
    private const int Senders = 64;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _acknowledged = new();
    private readonly ConcurrentDictionary<HttpStatusCode, int> _answers = new();
    private readonly ConcurrentBag<string> _unanswered = [];
    private int _next;

    /// <summary>Event ids that were answered 2xx, and when they ought to have been sent.</summary>
    public IReadOnlyDictionary<Guid, DateTimeOffset> Sent => _acknowledged;

    public IReadOnlyCollection<Guid> Acknowledged => [.. _acknowledged.Keys];

    public int AcknowledgedCount => _acknowledged.Count;

    public IReadOnlyDictionary<HttpStatusCode, int> Answers => _answers;

    /// <summary>Task ids of requests that were on a connection and got no answer.</summary>
    public IReadOnlyCollection<string> Unanswered => _unanswered;

    /// <summary>Bytes of padding in each payload.</summary>
    public int Padding { get; init; } = 1500;

    /// <summary>The stage of the n-th event, from 1.</summary>
    public Func<int, string> Stage { get; init; } = static _ => "Review";

    /// <summary>Sends until told to stop or (unless <paramref name="stubborn"/>) nobody answers any more.</summary>
    /// <param name="gateway">Where to.</param>
    /// <param name="stop">Ends the run; what is on its way is waited for.</param>
    /// <param name="count">Ends the run after so many; null: not.</param>
    /// <param name="stubborn">Goes on when the gateway is gone.</param>
    public async Task RunAsync(HttpClient gateway, CancellationToken stop, int? count = null, bool stubborn = false)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var due = new SemaphoreSlim(0);
        var began = TimeProvider.System.GetUtcNow();
        var taken = 0;
        var senders = Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync)).ToArray();
        await PaceAsync(began, due, count, gone.Token);
        if (count is null)
            await gone.CancelAsync();
        else
            due.Release(Senders);
        await Task.WhenAll(senders);

        async Task SendAsync()
        {
            while (!gone.IsCancellationRequested)
            {
                try
                {
                    await due.WaitAsync(gone.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                var turn = Interlocked.Increment(ref taken) - 1;
                if (turn >= count)
                    return;

                if (!await PostAsync(gateway, began + (TimeSpan.FromSeconds(1) * turn / rate)) && !stubborn)
                    await gone.CancelAsync();
            }
        }
    }

    /// <summary>Sends until <paramref name="acknowledgements"/> of this run are there, then does <paramref name="then"/> under load, and ends with the gateway.</summary>
    public async Task RunUntilGoneAsync(HttpClient gateway, int acknowledgements, Func<Task> then)
    {
        var before = AcknowledgedCount;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var run = RunAsync(gateway, stop.Token);
        await Eventually.TrueAsync(
            () => AcknowledgedCount - before >= acknowledgements || run.IsCompleted, TimeSpan.FromSeconds(60), () => $"{AcknowledgedCount - before} acknowledgements");
        await then();
        await run;
        Assert.False(stop.IsCancellationRequested, "The gateway was still there.");
    }

    private async Task<bool> PostAsync(HttpClient gateway, DateTimeOffset due)
    {
        var number = Interlocked.Increment(ref _next);
        var task = $"{name}-{number}";
        try
        {
            var receipt = await gateway.PostAsync(AngoPayload.Of(task: task, stage: Stage(number), padding: Padding));
            _answers.AddOrUpdate(receipt.Status, 1, static (_, seen) => seen + 1);
            if (receipt.Status is HttpStatusCode.Accepted or HttpStatusCode.OK)
                _acknowledged.TryAdd(receipt.EventId!.Value, due);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            if (e is not HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } })
                _unanswered.Add(task);
            return false;
        }
    }

    private async Task PaceAsync(DateTimeOffset began, SemaphoreSlim due, int? count, CancellationToken stop)
    {
        using var ticks = new PeriodicTimer(Tick);
        var released = 0;
        try
        {
            while (released < (count ?? int.MaxValue) && await ticks.WaitForNextTickAsync(stop))
            {
                var now = (int)Math.Min((TimeProvider.System.GetUtcNow() - began).TotalSeconds * rate, count ?? int.MaxValue);
                if (now > released)
                    due.Release(now - released);
                released = Math.Max(now, released);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop, or nobody answers any more.
        }
    }
}
