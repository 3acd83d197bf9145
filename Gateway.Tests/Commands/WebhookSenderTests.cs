using System.Net;
using System.Threading.Channels;
using AngoGateway.Commands;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Commands;

public sealed class WebhookSenderTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));

    [Fact]
    public async Task Requests_begin_at_the_rate_asked_for()
    {
        var begun = Channel.CreateUnbounded<DateTimeOffset>();
        using var http = new HttpMessageInvoker(new Answering(_ =>
        {
            begun.Writer.TryWrite(_clock.GetUtcNow());
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.Accepted));
        }));
        var start = _clock.GetUtcNow();
        var sending = new WebhookSender(http, _clock).SendAsync(Plan(count: 20, rate: 10), _ => { }, CancellationToken.None);

        for (var number = 0; number < 20; number++)
        {
            Assert.Equal(start + (number * TimeSpan.FromMilliseconds(100)), await begun.Reader.ReadAsync());
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        await sending;
    }

    [Fact]
    public async Task A_request_without_an_answer_is_given_up_after_its_timeout()
    {
        using var http = new HttpMessageInvoker(new Answering(async stop =>
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, stop);
            return new HttpResponseMessage(HttpStatusCode.Accepted);
        }));
        var results = new List<SendResult>();
        await new WebhookSender(http, _clock).SendAsync(Plan(count: 1, rate: null), results.Add, CancellationToken.None);

        var result = Assert.Single(results);
        Assert.False(result.IsSuccess);
        Assert.Equal("no answer within 5 s", result.Answer);
        Assert.Equal(TimeSpan.FromSeconds(5), result.Latency);
    }

    [Fact]
    public void Percentiles_are_nearest_ranks()
    {
        var tally = new SendTally();
        foreach (var milliseconds in Enumerable.Range(1, 200))
        {
            Assert.False(tally.Add(new SendResult("x", 202, "", TimeSpan.FromMilliseconds(milliseconds))));
        }

        Assert.True(tally.Add(new SendResult("x", null, "Connection refused", TimeSpan.FromMilliseconds(201))));
        Assert.False(tally.Add(new SendResult("x", null, "Connection refused", TimeSpan.FromMilliseconds(202))));
        Assert.Equal(
            "202 sent in 2.00 s · 202: 200, no answer: 2 · latency p50 101.0 ms, p99 200.0 ms, max 202.0 ms",
            tally.Summary(TimeSpan.FromSeconds(2)));
    }

    private static SendPlan Plan(int count, double? rate) => new(
        new Uri("http://gateway.invalid/hooks/ango"),
        [new NamedPayload("payload", "{}"u8.ToArray())],
        new Credentials(),
        count,
        rate,
        Concurrency: 1,
        Freshening.None,
        TimeSpan.FromSeconds(5));

    private sealed class Answering(Func<CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answer(cancellationToken);
    }
}
