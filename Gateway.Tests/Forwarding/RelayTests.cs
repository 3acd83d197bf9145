using System.Net;
using System.Text;
using AngoGateway.Forwarding;
using AngoGateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AngoGateway.Tests.Forwarding;

public sealed class RelayTests
{
    [Fact]
    public async Task The_consumers_response_goes_back_without_hop_by_hop_headers()
    {
        using var service = FakeConsumer.Start().Answers(
            201, "made", ("X-Own", "1"), ("Set-Cookie", "a=b"), ("Keep-Alive", "timeout=5"), ("Proxy-Authenticate", "x"));
        var (response, relay) = await RelayAsync(service.Url);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("made", await response.Content.ReadAsStringAsync());
        Assert.Equal("1", response.Headers.GetValues("X-Own").Single());
        Assert.Equal("a=b", response.Headers.GetValues("Set-Cookie").Single());
        Assert.False(response.Headers.Contains("Keep-Alive"));
        Assert.False(response.Headers.Contains("Proxy-Authenticate"));
        Assert.Equal(201, Assert.Single(relay.Successes).Status);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task A_refusal_goes_back_too_and_is_no_success(int status)
    {
        using var service = FakeConsumer.Start().Answers(status, "no", ("X-Own", "1"));
        var (response, relay) = await RelayAsync(service.Url);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("no", await response.Content.ReadAsStringAsync());
        Assert.Empty(relay.Successes);
        Assert.Equal(status, (await relay.Outcome).Status);
    }

    [Fact]
    public async Task Nothing_goes_to_the_sender_before_the_commit()
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var service = FakeConsumer.Start();
        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);
        relay.Commit = committed.Task;

        var sending = bench.Sender.SendAsync(
            relay.Request(bench.Address, Bench.Payload), HttpCompletionOption.ResponseHeadersRead, default);
        await Wait.UntilAsync(() => relay.Successes.Count == 1);
        Assert.False(sending.IsCompleted);
        committed.SetResult();

        using var response = await sending;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(relay.Successes);
    }

    [Fact]
    public async Task A_commit_that_throws_is_no_success_for_the_sender()
    {
        using var service = FakeConsumer.Start().Answers(200, "fine");
        var (response, relay) = await RelayAsync(service.Url, Task.FromException(new InvalidOperationException()));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
        Assert.Equal(ForwardResult.Failed, (await relay.Outcome).Result);
    }

    [Fact]
    public async Task The_body_streams()
    {
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await KestrelConsumer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await more.Task;
            await context.Response.WriteAsync("second");
        });
        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);

        using var response = await bench.Sender.SendAsync(
            relay.Request(bench.Address, Bench.Payload), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var first = new byte[5];
        await body.ReadExactlyAsync(first);
        more.SetResult();
        using var rest = new StreamReader(body);

        Assert.Equal("first", Encoding.ASCII.GetString(first));
        Assert.Equal("second", await rest.ReadToEndAsync());
        Assert.Equal(200, (await relay.Outcome).Status);
    }

    [Fact]
    public async Task A_body_that_breaks_off_aborts_the_sender_but_the_consumer_has_responded()
    {
        await using var service = RawServer.Start(async (stream, stop) =>
        {
            _ = await stream.ReadAtLeastAsync(new byte[1], 1, cancellationToken: stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray(), stop);
            stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null, stop);
        });
        var qa = Bench.Short("qa", service.Url);
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);

        await Assert.ThrowsAsync<HttpRequestException>(() => bench.Sender.SendAsync(relay.Request(bench.Address, Bench.Payload)));

        var outcome = await relay.Outcome;
        Assert.Equal(200, outcome.Status);
        Assert.StartsWith("the response broke off", outcome.Error, StringComparison.Ordinal);
        Assert.Single(relay.Successes);
    }

    [Fact]
    public async Task After_a_failure_the_response_is_as_new()
    {
        var (response, relay) = await RelayAsync(RawServer.DeadUrl());

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(200, relay.StatusAfterFailure);
        Assert.False(response.Headers.Contains("X-Before"));
        Assert.Empty(relay.Successes);
    }

    [Fact]
    public async Task A_response_header_that_cannot_be_handed_on_fails_before_the_commit()
    {
        await using var service = RawServer.Says("HTTP/1.1 200 OK\r\nX-Bad: \u0001\r\nContent-Length: 0\r\n\r\n");
        var (response, relay) = await RelayAsync(service.Url);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(ForwardResult.Failed, (await relay.Outcome).Result);
        Assert.Empty(relay.Successes);
    }

    private static async Task<(HttpResponseMessage Response, Relay Relay)> RelayAsync(string url, Task? commit = null)
    {
        var qa = Bench.Short("qa", url);
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);
        relay.Commit = commit ?? Task.CompletedTask;
        return (await bench.Sender.SendAsync(relay.Request(bench.Address, Bench.Payload)), relay);
    }
}
