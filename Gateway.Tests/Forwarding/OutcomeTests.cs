using AngoGateway.Forwarding;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Forwarding;

public sealed class OutcomeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(400)]
    [InlineData(410)]
    [InlineData(503)]
    public async Task Whatever_a_consumer_says_is_a_response(int status)
    {
        using var service = FakeConsumer.Start().Answers(status, status == 204 ? null : "said\u0001 é");
        foreach (var live in new[] { false, true })
        {
            var outcome = await ForwardAsync(live, service.Url + "/a?token=secret");

            Assert.Equal(ForwardResult.Responded, outcome.Result);
            Assert.Equal(status, outcome.Status);
            Assert.Equal(service.Url + "/a", outcome.Address);
            Assert.Null(outcome.Error);
            Assert.Equal(status < 300, outcome.IsSuccess);
            Assert.Equal(live || status == 204 ? null : "said  é", outcome.Response);
        }

        Assert.All(service.Received, received => Assert.Equal("token=secret", received.Query));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Sun, 01 Mar 2026 12:05:00 GMT", 300)]
    [InlineData("Sun, 01 Mar 2026 11:00:00 GMT", 0)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    public async Task Retry_after_is_read_as_seconds_or_date(string header, int? seconds)
    {
        using var service = FakeConsumer.Start().Answers(503, null, ("Retry-After", header));
        foreach (var live in new[] { false, true })
        {
            var outcome = await ForwardAsync(live, service.Url, new FakeTimeProvider(Now));

            Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), outcome.RetryAfter);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_redirect_is_not_followed(bool live)
    {
        using var elsewhere = FakeConsumer.Start();
        using var service = FakeConsumer.Start().Answers(307, null, ("Location", elsewhere.Url));

        Assert.Equal(307, (await ForwardAsync(live, service.Url)).Status);
        Assert.Empty(elsewhere.Received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refused_connection_fails(bool live)
    {
        var outcome = await ForwardAsync(live, RawServer.DeadUrl());

        Assert.Equal(ForwardResult.Failed, outcome.Result);
        Assert.Null(outcome.Status);
        Assert.Equal("cannot connect: ConnectionRefused", outcome.Error);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "not an HTTP response")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "not an HTTP response")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "InvalidOperationException")]
    public async Task Garbage_fails(string garbage, string error)
    {
        await using var service = RawServer.Says(garbage);
        foreach (var live in new[] { false, true })
        {
            var outcome = await ForwardAsync(live, service.Url);

            Assert.Equal(ForwardResult.Failed, outcome.Result);
            Assert.Equal(error, outcome.Error);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_closed_fails(bool live)
    {
        await using var service = RawServer.Start(async (stream, stop) => _ = await stream.ReadAsync(new byte[1], stop));

        var outcome = await ForwardAsync(live, service.Url);

        Assert.Equal(ForwardResult.Failed, outcome.Result);
        Assert.NotNull(outcome.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tls_to_a_server_without_it_fails(bool live)
    {
        using var service = FakeConsumer.Start();

        var outcome = await ForwardAsync(live, service.Url.Replace("http:", "https:", StringComparison.Ordinal));

        Assert.Equal(ForwardResult.Failed, outcome.Result);
        Assert.StartsWith("TLS failed", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_no_one_could_send_cannot_be_built(bool live)
    {
        using var service = FakeConsumer.Start();
        var qa = Bench.Cluster("qa", $$"""
            { "Destinations": { "a": { "Address": "{{service.Url}}" } }, "Transforms": [ { "RequestHeader": "X-Name", "Set": "é" } ] }
            """);
        await using var bench = await Bench.StartAsync(qa);

        var outcome = await bench.ForwardAsync(live, qa);

        Assert.Equal(ForwardResult.CannotBuild, outcome.Result);
        Assert.Equal("the request cannot be built: header X-Name is not ASCII", outcome.Error);
        Assert.Empty(service.Received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_consumer_that_was_never_applied_is_deferred(bool live)
    {
        await using var bench = await Bench.StartAsync();

        var outcome = await bench.ForwardAsync(live, Bench.Short("unknown", "http://127.0.0.1:9"));

        Assert.Equal(ForwardResult.NoHealthyAddress, outcome.Result);
        Assert.Equal("no such consumer is in force", outcome.Error);
    }

    [Fact]
    public async Task No_log_tells_a_consumers_query_a_signature_or_a_payload()
    {
        using var service = FakeConsumer.Start().Answers(500, "said-secret");
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddFakeLogging());
        services.AddForwarding();
        await using var provider = services.BuildServiceProvider();
        var qa = Bench.Short("qa", service.Url + "/a?token=secret");
        var dead = Bench.Short("dead", RawServer.DeadUrl() + "/a?token=secret");
        Assert.Empty(await provider.GetRequiredService<PrivateEndpoints>().ApplyAsync([qa, dead], default));

        foreach (var consumer in new[] { qa, dead })
        {
            await provider.GetRequiredService<Forwarder>().SendAsync(
                consumer, Bench.Webhook with { Signature = "secret", Payload = "secret"u8.ToArray() }, default);
        }

        var logs = provider.GetFakeLogCollector().GetSnapshot();
        Assert.NotEmpty(logs);
        Assert.DoesNotContain(logs, record => $"{record.Message} {record.Exception}".Contains("secret", StringComparison.Ordinal));
    }

    private static async Task<ForwardOutcome> ForwardAsync(bool live, string url, TimeProvider? time = null)
    {
        var qa = Bench.Short("qa", url);
        await using var bench = await Bench.StartAsync(time, qa);
        return await bench.ForwardAsync(live, qa);
    }
}
