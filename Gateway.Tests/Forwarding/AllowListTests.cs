using System.Diagnostics;
using AngoGateway.Forwarding;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Forwarding;

public sealed class AllowListTests : IDisposable
{
    private static readonly string[] Allowed =
    [
        "Content-Length", "Content-Type", "Host", "X-Gateway-Attempt", "X-Gateway-Delivery-Id", "X-Gateway-Event-Id",
        "X-Gateway-Project", "X-Gateway-Source", "X-Gateway-Stage", "X-Gateway-Task", "X-Hub-Signature",
    ];

    private readonly FakeConsumer _qa = FakeConsumer.Start();

    public void Dispose() => _qa.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_consumer_gets_exactly_the_headers_of_the_allow_list(bool live)
    {
        var received = await ReceiveAsync(live, Bench.Webhook);

        Assert.Equal("POST", received.Method);
        Assert.Equal("/hook", received.Path);
        Assert.Equal("application/json", received.Headers["Content-Type"]);
        Assert.Equal("0123abcd", received.Headers["X-Hub-Signature"]);
        Assert.Equal("0192f0c4-0000-7000-8000-000000000001", received.Headers["X-Gateway-Event-Id"]);
        Assert.Equal("0192f0c4-0000-7000-8000-000000000001.qa", received.Headers["X-Gateway-Delivery-Id"]);
        Assert.Equal("3", received.Headers["X-Gateway-Attempt"]);
        Assert.Equal("ango", received.Headers["X-Gateway-Source"]);
        Assert.Equal("66c5a3babfebe70015f8b15c", received.Headers["X-Gateway-Project"]);
        Assert.Equal("t1", received.Headers["X-Gateway-Task"]);
        Assert.Equal("Review", received.Headers["X-Gateway-Stage"]);
        Assert.Equal(Allowed, received.Headers.Keys.Except(["traceparent"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Nothing_else_of_a_live_request_passes()
    {
        var qa = Bench.Short("qa", _qa.Url + "/hook");
        await using var bench = await Bench.StartAsync(qa);
        var relay = bench.StartRelay(qa);
        using var request = relay.Request(bench.Address, Bench.Payload);
        request.Headers.Host = "public.example.com";
        foreach (var (name, value) in new[]
        {
            ("Cookie", "session=1"), ("Authorization", "Bearer x"), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Host", "evil"),
            ("Forwarded", "for=10.0.0.1"), ("X-Gateway-Event-Id", "forged"), ("X-Gateway-Admin", "1"), ("baggage", "user=1"),
            ("Correlation-Context", "user=1"), ("Connection", "X-Hop, close"), ("X-Hop", "1"), ("TE", "trailers"), ("X-Other", "1"),
            ("X-Hub-Signature", "forged"), ("Upgrade", "websocket"), ("Expect", "100-continue"), ("Accept-Encoding", "gzip"),
        })
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using var response = await bench.Sender.SendAsync(request);

        Assert.Equal(ForwardResult.Responded, (await relay.Outcome).Result);
        var received = Assert.Single(_qa.Received);
        Assert.Equal(Allowed, received.Headers.Keys.Except(["traceparent"]).Order(StringComparer.Ordinal));
        Assert.Equal("0192f0c4-0000-7000-8000-000000000001", received.Headers["X-Gateway-Event-Id"]);
        Assert.Equal("0123abcd", received.Headers["X-Hub-Signature"]);
        Assert.Equal(new Uri(_qa.Url).Authority, received.Headers["Host"]);
        Assert.Empty(received.Query);
    }

    [Fact]
    public async Task A_query_set_by_a_transform_is_the_only_one()
    {
        var qa = Bench.Cluster("qa", $$"""
            { "Destinations": { "a": { "Address": "{{_qa.Url}}" } }, "Transforms": [ { "QueryValueParameter": "key", "Set": "v" } ] }
            """);
        await using var bench = await Bench.StartAsync(qa);

        await bench.ForwardAsync(live: true, qa);

        Assert.Equal("key=v", Assert.Single(_qa.Received).Query);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Payload_text_cannot_leave_its_header(bool live)
    {
        var webhook = Bench.Webhook with { Stage = "Done\r\nX-Evil: 1", Project = "Révision – Étape 2", TaskId = null };

        var received = await ReceiveAsync(live, webhook);

        Assert.Equal("Done%0D%0AX-Evil:%201", received.Headers["X-Gateway-Stage"]);
        Assert.Equal("R%C3%A9vision%20%E2%80%93%20%C3%89tape%202", received.Headers["X-Gateway-Project"]);
        Assert.False(received.Headers.ContainsKey("X-Evil"));
        Assert.False(received.Headers.ContainsKey("X-Gateway-Task"));
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("", "application/json")]
    [InlineData("nonsense", "application/json")]
    [InlineData("text/plain; x=\"é\"", "application/json")]
    [InlineData("application/json; charset=utf-8", "application/json; charset=utf-8")]
    [InlineData("application/cloudevents+json", "application/cloudevents+json")]
    public async Task A_content_type_that_is_none_becomes_json(string? given, string sent)
    {
        var received = await ReceiveAsync(live: false, Bench.Webhook with { ContentType = given });

        Assert.Equal(sent, received.Headers["Content-Type"]);
    }

    [Fact]
    public async Task An_unsigned_source_sends_no_signature_and_a_signature_header_cannot_replace_ours()
    {
        var unsigned = await ReceiveAsync(live: false, Bench.Webhook with { SignatureHeader = null, Signature = null });
        Assert.False(unsigned.Headers.ContainsKey("X-Hub-Signature"));

        var clashing = await ReceiveAsync(live: false, Bench.Webhook with { SignatureHeader = "X-Gateway-Attempt", Signature = "forged" });
        Assert.Equal("3", clashing.Headers["X-Gateway-Attempt"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_trace_goes_on_and_its_baggage_stays(bool live)
    {
        // A listener makes ASP.NET Core and HttpClient create activities as they do with telemetry switched on.
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var activity = new Activity("attempt").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("user", "secret").Start();
        activity.TraceStateString = "vendor=1";

        var received = await ReceiveAsync(live, Bench.Webhook);

        Assert.StartsWith($"00-{activity.TraceId}-", received.Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal("vendor=1", received.Headers["tracestate"]);
        Assert.DoesNotContain("baggage", received.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain("Correlation-Context", received.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    private async Task<ReceivedRequest> ReceiveAsync(bool live, OutgoingWebhook webhook)
    {
        var qa = Bench.Short("qa", _qa.Url + "/hook");
        await using var bench = await Bench.StartAsync(qa);
        Assert.Equal(200, (await bench.ForwardAsync(live, qa, webhook)).Status);
        return _qa.Received[^1];
    }
}
