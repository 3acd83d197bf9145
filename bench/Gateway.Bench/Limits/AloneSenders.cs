using System.Globalization;
using AngoGateway.Envelopes;
using AngoGateway.Journal;

namespace AngoGateway.Bench.Limits;

/// <summary>Senders that each append the next event when the last is durable. Every tenth is a repeat of the one before.</summary>
/// <param name="senders">At the same time.</param>
/// <param name="payload">Of every event.</param>
/// <param name="deliveries">Of every event.</param>
internal sealed class AloneSenders(int senders, byte[] payload, IReadOnlyList<NewDelivery> deliveries)
{
    private const int RepeatEach = 10;

    private static long _tasks;

    /// <param name="stand">That takes them.</param>
    /// <param name="duration">For how long, as long as fewer than <paramref name="most"/> were sent.</param>
    /// <param name="most">About so many.</param>
    public async Task<AloneTurn> RunAsync(AloneStand stand, TimeSpan duration, long most = long.MaxValue)
    {
        var commits = stand.Commits();
        var (began, sent) = (TimeProvider.System.GetTimestamp(), 0L);
        var latencies = await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(SendAsync)));
        return new AloneTurn(
            [.. latencies.SelectMany(static mine => mine).Order()], TimeProvider.System.GetElapsedTime(began), stand.Commits() - commits);

        async Task<List<TimeSpan>> SendAsync()
        {
            var mine = new List<TimeSpan>();
            for (var last = Event(); TimeProvider.System.GetElapsedTime(began) < duration && Interlocked.Increment(ref sent) <= most;)
            {
                var from = TimeProvider.System.GetTimestamp();
                await stand.AppendAsync(last, payload, deliveries);
                mine.Add(TimeProvider.System.GetElapsedTime(from));
                last = mine.Count % RepeatEach == RepeatEach - 1 ? last : Event();
            }

            return mine;
        }
    }

    private StoredEvent Event()
    {
        var now = TimeProvider.System.GetUtcNow();
        var envelope = new Envelope(
            Project: "66c5a3babfebe70015f8b15c",
            TaskId: Interlocked.Increment(ref _tasks).ToString("x24", CultureInfo.InvariantCulture),
            Stage: "Review",
            UpdatedAt: now.ToString(Payload.TimeFormat, CultureInfo.InvariantCulture));
        return new StoredEvent(Guid.CreateVersion7(now), EventKey.Of("ango", envelope, payload), now, "ango", envelope);
    }
}

/// <summary>What a while of appending brought.</summary>
/// <param name="Latencies">Of each event, sorted.</param>
/// <param name="Took">The time of all.</param>
/// <param name="Commits">That it took.</param>
internal sealed record AloneTurn(TimeSpan[] Latencies, TimeSpan Took, long Commits)
{
    public double PerSecond => Latencies.Length / Took.TotalSeconds;

    public double PerCommit => (double)Latencies.Length / Math.Max(1, Commits);

    public double Milliseconds(double share) => Latencies[Math.Min(Latencies.Length - 1, (int)(Latencies.Length * share))].TotalMilliseconds;
}
