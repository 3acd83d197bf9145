using System.Text;
using AngoGateway.Forwarding;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Forwarding;

/// <summary>What bounds the time of an attempt, and who may end it early.</summary>
public sealed class TimeoutTests
{
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "HTTP/1.1 200 OK\r\nX-Half: a")]
    [InlineData(true, "HTTP/1.1 200 OK\r\nX-Half: a")]
    public async Task Silence_and_half_a_header_time_out(bool live, string said)
    {
        var time = new FakeTimeProvider();
        await using var service = RawServer.Says(said);
        var qa = Bench.Short("qa", service.Url, TimeSpan.FromSeconds(30));
        await using var bench = await Bench.StartAsync(time, qa);

        var forwarding = bench.ForwardAsync(live, qa);
        await Wait.UntilAsync(() => service.Connections == 1);
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(forwarding.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        var outcome = await forwarding;

        Assert.Equal(ForwardResult.TimedOut, outcome.Result);
        Assert.Equal("no response within 00:00:30", outcome.Error);
        Assert.Equal(service.Url + "/", outcome.Address);
    }

    [Fact]
    public async Task An_endless_body_does_not_delay_a_stored_delivery()
    {
        var block = Encoding.ASCII.GetBytes(new string('x', 1000));
        await using var service = RawServer.Start(async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
            while (true)
                await stream.WriteAsync(block, stop);
        });

        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        var outcome = await bench.ForwardAsync(live: false, qa);

        Assert.Equal(200, outcome.Status);
        Assert.Equal(new string('x', 16384), outcome.Response);
    }

    [Fact]
    public async Task A_body_that_stalls_delays_a_stored_delivery_by_two_seconds()
    {
        var time = new FakeTimeProvider();
        await using var service = RawServer.Says("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf");
        var qa = Bench.Short("qa", service.Url, TimeSpan.FromDays(1));
        await using var bench = await Bench.StartAsync(time, qa);

        var forwarding = bench.ForwardAsync(live: false, qa);
        await Wait.UntilAsync(() =>
        {
            // The read may not have begun yet: until it has, an advance has no effect.
            time.Advance(TimeSpan.FromSeconds(2));
            return forwarding.IsCompleted;
        });
        var outcome = await forwarding;

        Assert.Equal(500, outcome.Status);
        Assert.Equal("half", outcome.Response);
    }

    [Fact]
    public async Task The_callers_token_cancels_a_stored_delivery()
    {
        await using var service = RawServer.BlackHole();
        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        using var stop = new CancellationTokenSource();

        var forwarding = bench.Forwarder.SendAsync(qa, Bench.Webhook, stop.Token);
        await Wait.UntilAsync(() => service.Connections == 1);
        await stop.CancelAsync();

        Assert.Equal(ForwardResult.Canceled, (await forwarding).Result);
    }

    [Fact]
    public async Task A_sender_that_goes_away_cancels_a_live_one()
    {
        await using var service = RawServer.BlackHole();
        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);
        using var gone = new CancellationTokenSource();

        var sending = bench.Sender.SendAsync(relay.Request(bench.Address, Bench.Payload), gone.Token);
        await Wait.UntilAsync(() => service.Connections == 1);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(ForwardResult.Canceled, (await relay.Outcome).Result);
    }
}
