using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using AngoGateway.Tests.Forwarding;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>Everything that can happen to a webhook, with something secret in every place that can hold it: each has the word canary in it.</summary>
internal sealed class SecrecyFlows(GatewayProcess gateway) : IAsyncDisposable
{
    public const string BearerToken = "canary-bearer-token";
    public const string RetiredSecret = "canary-retired-secret";
    public const string AdminToken = "canary-admin-token";

    /// <summary>In every payload; also what the consumers answer with.</summary>
    private static readonly byte[] Echo = AngoPayload.Of(task: "echoed");

    private readonly List<string> _signatures = [];
    private readonly List<string> _problems = [];

    /// <summary>Of every request, genuine or forged.</summary>
    public IReadOnlyCollection<string> Signatures => _signatures;

    /// <summary>Bodies of the gateway's own refusals.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Consumers that behave in every way, told apart by the stage that leads to them.</summary>
    public static SecrecyConsumers StartConsumers() => new();

    public async Task AcceptedAsync()
    {
        foreach (var stage in (string[])["Ok", "Flaky", "Failing", "Refusing", "Moving", "Holding", "Garbage", "Keyed", "Nobody"])
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(AngoPayload.Of(task: $"task-{stage}", stage: stage)));

        var payload = AngoPayload.Of(task: "task-Ok", stage: "Ok");
        Assert.Equal(HttpStatusCode.OK, await PostAsync(payload));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(AngoPayload.Of(task: "ancient", updatedAt: "1990-01-01T00:00:00Z")));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("{ \"canary-field\": \"canary-value\" }"u8.ToArray()));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(AngoPayload.Of(task: "open"), "/hooks/open"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(AngoPayload.Of(task: "by token"), "/hooks/token", request =>
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BearerToken)));
    }

    public async Task RefusedAsync()
    {
        var payload = AngoPayload.Of(task: "refused");
        foreach (var secret in (string[])["canary-forger", RetiredSecret])
            Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(payload, secret: secret));

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(payload, change: request =>
        {
            request.Headers.Remove("X-Hub-Signature");
            request.Headers.TryAddWithoutValidation("X-Hub-Signature", "canary-that-is-no-hex");
        }));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(payload, "/hooks/token", request =>
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "canary-wrong-token")));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(payload, "/hooks/token"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("{ \"canary-text\": canary"u8.ToArray()));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("{\"task\":{\"taskId\":\"canary\\ud800\"}}"u8.ToArray()));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(payload, "/canary-path?canary=1"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await PostAsync(payload, change: static request => request.Method = HttpMethod.Put));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(AngoPayload.Of(task: "large", padding: 200_000)));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await PostAsync(payload, change: static request =>
            request.Content!.Headers.ContentEncoding.Add("canary")));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(AngoPayload.Of(task: "first"), "/hooks/limited"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await PostAsync(AngoPayload.Of(task: "second"), "/hooks/limited"));
        Assert.StartsWith("HTTP/1.1 408", await SendRawAsync($"Content-Length: 1000\r\n\r\n{Encoding.UTF8.GetString(payload, 0, 100)}"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await SendRawAsync("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\ncanary"), StringComparison.Ordinal);
    }

    public async Task ProxiedAsync()
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Ok")));
        Assert.Equal(HttpStatusCode.InternalServerError, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Failing")));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Refusing")));
        Assert.Equal(HttpStatusCode.BadGateway, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Garbage")));
        Assert.Equal(HttpStatusCode.BadGateway, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Nobody")));
        Assert.Equal(HttpStatusCode.GatewayTimeout, await PostAsync(AngoPayload.Of(task: "live", stage: "Live Holding")));
    }

    public async Task OperatedAsync()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await OperateAsync(HttpMethod.Get, "/api/consumers", token: "canary-wrong-token"));
        Assert.Equal(HttpStatusCode.OK, await OperateAsync(HttpMethod.Get, "/api/items?state=dead"));
        Assert.Equal(HttpStatusCode.BadRequest, await OperateAsync(HttpMethod.Post, "/api/replays", """{ "filter": { "consumer": 1 } }"""));
        Assert.Equal(HttpStatusCode.Created, await OperateAsync(HttpMethod.Post, "/api/replays", """{ "filter": { "consumer": "refusing", "state": "dead" } }"""));
        Assert.Equal(HttpStatusCode.OK, await OperateAsync(HttpMethod.Post, "/api/consumers/failing/pause", "{}"));
        Assert.Equal(HttpStatusCode.OK, await OperateAsync(HttpMethod.Post, "/api/discards", """{ "filter": { "consumer": "failing" } }"""));
    }

    public async Task<HttpStatusCode> PostAsync(
        byte[] payload, string path = "/hooks/ango", Action<HttpRequestMessage>? change = null, string secret = SignedWebhook.Secret)
    {
        using var request = SignedWebhook.Of(payload, path + (path.Contains('?', StringComparison.Ordinal) ? "" : "?token=canary-query"), secret);
        _signatures.Add(SignedWebhook.Sign(payload, secret));
        request.Headers.Add("Cookie", "session=canary-cookie");
        request.Headers.Add("baggage", "user=canary-baggage");
        request.Headers.Add("User-Agent", "canary-agent");
        request.Content!.Headers.ContentType!.Parameters.Add(new NameValueHeaderValue("note", "canary-type"));
        change?.Invoke(request);
        return await TakeAsync(await gateway.Public.SendAsync(request));
    }

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private async Task<HttpStatusCode> OperateAsync(HttpMethod method, string path, string? json = null, string token = AdminToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");

        return await TakeAsync(await gateway.Admin.SendAsync(request));
    }

    private async Task<HttpStatusCode> TakeAsync(HttpResponseMessage response)
    {
        using (response)
        {
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
                _problems.Add(await response.Content.ReadAsStringAsync());

            return response.StatusCode;
        }
    }

    private async Task<string> SendRawAsync(string rest)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Public.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"POST /hooks/ango HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {new string('c', 40)}\r\n{rest}"));
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(15));
        var answer = Encoding.UTF8.GetString(buffer, 0, count);
        _problems.Add(answer);
        return answer;
    }

    /// <summary>The services behind the gateway, and the gateway.json that names them.</summary>
    internal sealed class SecrecyConsumers : IAsyncDisposable
    {
        private static readonly string EchoText = Encoding.UTF8.GetString(Echo);

        private readonly FakeConsumer _ok = FakeConsumer.Start().Answers(200, EchoText, ("X-Echo", "canary-header"));
        private readonly FakeConsumer _flaky = FakeConsumer.Start().AnswersInTurn(500, 429, 200);
        private readonly FakeConsumer _failing = FakeConsumer.Start().Answers(500, EchoText, ("X-Echo", "canary-header"));
        private readonly FakeConsumer _refusing = FakeConsumer.Start().Answers(410, EchoText);
        private readonly FakeConsumer _moving = FakeConsumer.Start().Answers(302, null, ("Location", "http://canary-user:canary-pass@127.0.0.1/canary?token=canary"));
        private readonly FakeConsumer _holding = FakeConsumer.Start().Holds();
        private readonly RawServer _garbage = RawServer.Says("canary is no HTTP\r\n\r\n");

        /// <param name="folder">Where the secrets of files are.</param>
        /// <param name="secrets">As gateway.json has it; a literal one is a fault that must not be repeated.</param>
        /// <param name="extra">A further consumer.</param>
        public string Config(string folder, string secrets = "\"env:ANGO_WEBHOOK_SECRET\"", string extra = "") => $$"""
            {
              "limits": { "bodyBytes": 100000, "bodyTimeout": "00:00:00.300" },
              "retention": { "keys": "3650.00:00:00" },
              "operator": { "tokens": ["file:{{folder}}/admin"] },
              "sources": {
                "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": [{{secrets}}], "retiredSecrets": ["file:{{folder}}/retired"] } },
                "token": { "path": "/hooks/token", "auth": { "type": "bearer", "tokens": ["file:{{folder}}/bearer"] } },
                "open": { "path": "/hooks/open", "auth": { "type": "none", "allowUnauthenticated": true } },
                "limited": { "path": "/hooks/limited", "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] },
                             "rateLimit": { "permits": 1, "window": "01:00:00" } }
              },
              "consumers": {
                {{extra}}
                "ok": { "url": "{{_ok.Url}}/in" },
                "flaky": { "url": "{{_flaky.Url}}", "delivery": {{Quick}} },
                "failing": { "url": "{{_failing.Url}}", "delivery": {{Quick}} },
                "refusing": { "url": "{{_refusing.Url}}" },
                "moving": { "url": "{{_moving.Url}}" },
                "holding": { "url": "{{_holding.Url}}", "delivery": { "timeout": "00:00:00.200" } },
                "garbage": { "url": "{{_garbage.Url}}", "delivery": {{Quick}} },
                "nobody": { "url": "{{RawServer.DeadUrl()}}" },
                "keyed": { "cluster": {
                  "Destinations": { "only": { "Address": "{{_ok.Url}}" } },
                  "HealthCheck": { "Active": { "Enabled": true, "Interval": "00:00:00.200", "Path": "/health", "Query": "?probe=canary-probe" } },
                  "Transforms": [
                    { "QueryValueParameter": "token", "Set": "canary-parameter" },
                    { "RequestHeader": "Authorization", "Set": "Basic canary-credentials" }
                  ] } }
              },
              "routes": [
                { "match": { "stage": ["Ok", "Review"] }, "to": ["ok"] },
                { "match": { "stage": "Flaky" }, "to": ["flaky"] },
                { "match": { "stage": "Failing" }, "to": ["failing"] },
                { "match": { "stage": "Refusing" }, "to": ["refusing"] },
                { "match": { "stage": "Moving" }, "to": ["moving"] },
                { "match": { "stage": "Holding" }, "to": ["holding"] },
                { "match": { "stage": "Garbage" }, "to": ["garbage"] },
                { "match": { "stage": "Keyed" }, "to": ["keyed"] },
                { "match": { "stage": "Live Ok" }, "to": ["ok"], "mode": "proxy" },
                { "match": { "stage": "Live Failing" }, "to": ["failing"], "mode": "proxy" },
                { "match": { "stage": "Live Refusing" }, "to": ["refusing"], "mode": "proxy" },
                { "match": { "stage": "Live Garbage" }, "to": ["garbage"], "mode": "proxy" },
                { "match": { "stage": "Live Nobody" }, "to": ["nobody"], "mode": "proxy" },
                { "match": { "stage": "Live Holding" }, "to": ["holding"], "mode": "proxy" }
              ]
            }
            """;

        public async ValueTask DisposeAsync()
        {
            foreach (var consumer in (FakeConsumer[])[_ok, _flaky, _failing, _refusing, _moving, _holding])
                consumer.Dispose();

            await _garbage.DisposeAsync();
        }

        private const string Quick = """{ "retry": { "firstDelay": "00:00:00.050", "maxDelay": "00:00:00.050", "maxAge": "00:00:02" } }""";
    }
}
