using System.Net;
using System.Net.Sockets;
using System.Text;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>The answers to what the gateway does not take. Nothing of it is parsed, stored or forwarded.</summary>
public sealed class RefuseTests : IAsyncLifetime
{
    private readonly FakeConsumer _consumer = FakeConsumer.Start();
    private GatewayHost _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayHost.StartAsync($$"""
        {
          "limits": { "bodyBytes": 100000, "bodyTimeout": "00:00:00.500" },
          "sources": {
            "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] } },
            "token": { "path": "/hooks/token", "auth": { "type": "bearer", "tokens": ["env:ANGO_WEBHOOK_SECRET"] } }
          },
          "consumers": { "all": { "url": "{{_consumer.Url}}" } },
          "routes": [ { "match": {}, "to": ["all"] } ]
        }
        """);

    public async Task DisposeAsync()
    {
        // Whatever this class sent must not have reached anybody.
        Assert.Empty(_consumer.Received);
        await _gateway.DisposeAsync();
        _consumer.Dispose();
    }

    [Fact]
    public async Task Requests_that_cannot_be_verified_are_401_without_a_reason()
    {
        var payload = AngoPayload.Of();
        var attempts = new (string? Header, string? Value)[]
        {
            (null, null),
            ("X-Hub-Signature", ""),
            ("X-Hub-Signature", "zz"),
            ("X-Hub-Signature", SignedWebhook.Sign(payload, "wrong")),
            ("X-Hub-Signature", "sha256=" + SignedWebhook.Sign(payload)),
            ("X-Hub-Signature", SignedWebhook.Sign(payload) + "," + SignedWebhook.Sign(payload)),
        };
        foreach (var (header, value) in attempts)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/hooks/ango") { Content = new ByteArrayContent(payload) };
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }

            using var response = await _gateway.Public.SendAsync(request);
            var receipt = await Receipt.ReadAsync(response);
            Assert.Equal(HttpStatusCode.Unauthorized, receipt.Status);
            Assert.Equal("The request could not be verified.", receipt.Title);
            Assert.Null(receipt.Detail);
            Assert.NotEmpty(response.Headers.WwwAuthenticate);
        }
    }

    [Theory]
    [InlineData("X-Hub-Signature", "0000000000000000000000000000000000000000", false)]
    [InlineData("X-Hub-Signature", "zz", true)]
    [InlineData("X-Other", "", true)]
    public async Task A_401_closes_the_connection_only_when_the_body_was_not_read(string header, string value, bool closes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/hooks/ango") { Content = new ByteArrayContent(AngoPayload.Of()) };
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await _gateway.Public.SendAsync(request);

        Assert.Equal((HttpStatusCode.Unauthorized, closes), (response.StatusCode, response.Headers.ConnectionClose == true));
    }

    [Fact]
    public async Task Two_signature_headers_are_refused_even_when_one_is_right()
    {
        var payload = AngoPayload.Of();
        var answer = await SendRawAsync(
            $"POST /hooks/ango HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {SignedWebhook.Sign(payload)}\r\nX-Hub-Signature: {new string('0', 40)}\r\n" +
            $"Content-Length: {payload.Length}\r\n\r\n{Encoding.UTF8.GetString(payload)}");
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Basic canary-secret-of-the-tests")]
    [InlineData(null)]
    public async Task A_wrong_bearer_token_is_401(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/hooks/token") { Content = new ByteArrayContent(AngoPayload.Of()) };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await _gateway.Public.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/hooks/ango/")]
    [InlineData("/HOOKS/ango")]
    [InlineData("/readyz")]
    [InlineData("/healthz")]
    public async Task Paths_without_a_source_are_404(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await _gateway.PostAsync(AngoPayload.Of(), path)).Status);

    [Fact]
    public async Task Other_methods_are_405_and_say_which_one_is_allowed()
    {
        using var response = await _gateway.Public.GetAsync("/hooks/ango");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("POST", Assert.Single(response.Content.Headers.Allow));
        Assert.False(response.Headers.Contains("Server"));
        Assert.StartsWith("HTTP/1.1 405", await SendRawAsync("post /hooks/ango HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("{\"a\":1} trailing")]
    [InlineData("{\"task\":{\"taskId\":\"\\ud800\"}}")]
    public async Task What_is_not_json_is_400(string body)
    {
        var receipt = await _gateway.PostAsync(Encoding.UTF8.GetBytes(body));
        Assert.Equal(HttpStatusCode.BadRequest, receipt.Status);
        Assert.NotNull(receipt.Detail);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bodies_over_the_cap_are_413_by_length_and_while_reading(bool chunked) =>
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await _gateway.PostAsync(AngoPayload.Of(padding: 100_000), chunked: chunked)).Status);

    [Fact]
    public async Task A_body_that_trickles_is_408()
    {
        var answer = await SendRawAsync(
            $"POST /hooks/ango HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {new string('0', 40)}\r\nContent-Length: 1000\r\n\r\nhalf");
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity, br")]
    public async Task A_content_encoding_is_415(string encoding)
    {
        using var request = SignedWebhook.Of(AngoPayload.Of());
        request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        using var response = await _gateway.Public.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task An_over_large_chunk_size_is_400_not_500()
    {
        var answer = await SendRawAsync(
            $"POST /hooks/ango HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {new string('0', 40)}\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    private async Task<string> SendRawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _gateway.Public.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(15));
        return Encoding.UTF8.GetString(buffer, 0, count);
    }
}
