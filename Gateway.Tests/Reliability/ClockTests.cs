using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>The wall clock jumps an hour forward and back; time itself goes on as ever.</summary>
[Trait("Row", "clock")]
public sealed class ClockTests
{
    // Fewer failures in a row than open a circuit.
    private const int Events = 4;

    [Fact]
    public async Task A_clock_that_jumps_loses_nothing_and_makes_no_storm()
    {
        var clock = new JumpingClock();
        await using var consumer = await Sink.StartAsync(SinkAnswer.Failing);
        await using var gateway = await GatewayHost.StartAsync(
            Config(consumer.Url, """ "retry": { "firstDelay": "00:10:00", "maxDelay": "00:20:00" } """), timeProvider: clock);
        var events = new List<Guid>();
        for (var i = 0; i < Events; i++)
            events.Add((await gateway.PostAsync(AngoPayload.Of(task: $"early-{i}"))).EventId!.Value);
        await consumer.WaitForCountAsync(Events, Patience);
        await FailedAsync(1);

        // An hour forward: everything that waited is due, once.
        clock.Offset = TimeSpan.FromHours(1);
        await WakeAsync("forward");
        await consumer.WaitForCountAsync((2 * Events) + 1, Patience);
        await FailedAsync(2);
        consumer.Answer = SinkAnswer.Ok;

        // And back: new events go as ever, and nothing is tried before its time.
        clock.Offset = TimeSpan.Zero;
        await WakeAsync("back");
        await consumer.WaitForAsync([events[^1]], Patience);
        Assert.Equal((2 * Events) + 2, consumer.Count);

        // The time that was written down comes, at the latest.
        clock.Offset = TimeSpan.FromHours(2);
        await WakeAsync("later");
        await consumer.WaitForAsync(events, Patience);

        Assert.All(
            consumer.Arrivals.GroupBy(arrival => arrival.EventId),
            tries => Assert.InRange(tries.Count(), 1, 3));
        Report("clock an hour forward and back", $"0 lost, at most {consumer.Arrivals.Max(arrival => arrival.Attempt)} attempts per event: one for each time that came");

        async Task WakeAsync(string task)
        {
            var receipt = await gateway.PostAsync(AngoPayload.Of(task: task));
            Assert.Equal(HttpStatusCode.Accepted, receipt.Status);
            events.Add(receipt.EventId!.Value);
        }

        Task FailedAsync(int attempts) => Eventually.TrueAsync(
            () => Ask(Path.Combine(gateway.Folder, "gateway.db"), $"SELECT count(*) FROM delivery WHERE attempts = {attempts}").Single() == $"{Events}",
            Patience, () => "the failures written down");
    }

    private sealed class JumpingClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            set => Interlocked.Exchange(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));
    }
}
