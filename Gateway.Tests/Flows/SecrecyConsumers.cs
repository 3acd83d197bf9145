using System.Text;
using AngoGateway.Tests.Forwarding;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>Services that behave in every way, told apart by the stage that leads to them; and the gateway.json that names them.</summary>
internal sealed class SecrecyConsumers : IAsyncDisposable
{
    private const string Quick = """{ "retry": { "firstDelay": "00:00:00.050", "maxDelay": "00:00:00.050", "maxAge": "00:00:02" } }""";

    /// <summary>They answer with what they were sent.</summary>
    private static readonly string Echo = Encoding.UTF8.GetString(AngoPayload.Of(task: "echoed"));

    private readonly FakeConsumer _ok = FakeConsumer.Start().Answers(200, Echo, ("X-Echo", "canary-header"));
    private readonly FakeConsumer _flaky = FakeConsumer.Start().AnswersInTurn(500, 429, 200);
    private readonly FakeConsumer _failing = FakeConsumer.Start().Answers(500, Echo, ("X-Echo", "canary-header"));
    private readonly FakeConsumer _refusing = FakeConsumer.Start().Answers(410, Echo);
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
}
