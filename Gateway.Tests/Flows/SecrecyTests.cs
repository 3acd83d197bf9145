using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>No secret, signature, payload text, e-mail address or pre-signed link in any log line.</summary>
public sealed class SecrecyTests
{
    [Fact]
    public async Task Canaries_of_every_kind_never_reach_a_log_line()
    {
        using var consumer = FakeConsumer.Start();
        consumer.AnswersInTurn(200, 500, 410);
        await using var gateway = await GatewayHost.StartAsync($$"""
            {
              "sources": {
                "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": ["env:ANGO_WEBHOOK_SECRET"] } },
                "token": { "path": "/hooks/token", "auth": { "type": "bearer", "tokens": ["env:ANGO_WEBHOOK_SECRET"] } }
              },
              "consumers": { "all": { "url": "{{consumer.Url}}", "delivery": { "retry": { "firstDelay": "00:00:00.050" } } } },
              "routes": [ { "match": {}, "to": ["all"] } ]
            }
            """);
        var payload = AngoPayload.Of();

        await gateway.PostAsync(payload);
        await gateway.PostAsync(payload);
        await gateway.PostAsync(AngoPayload.Of(task: "second"));
        await gateway.PostAsync("{ \"canary-text\": broken"u8.ToArray());
        await gateway.Public.PostAsync(payload, "/hooks/token");
        using var forged = SignedWebhook.Of(payload, secret: "canary-secret-of-a-forger");
        using var _ = await gateway.Public.SendAsync(forged);
        await gateway.WaitForLogAsync("Attempt Dead", TimeSpan.FromSeconds(20));

        var lines = gateway.Logs.GetSnapshot();
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            var text = $"{line.Message} {line.Exception} {string.Join(' ', line.StructuredState ?? [])}";
            Assert.DoesNotContain("canary", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(SignedWebhook.Sign(payload), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("@example.com", text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
