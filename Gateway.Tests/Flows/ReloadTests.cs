using System.Net;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Flows;

/// <summary>A changed gateway.json: a good one swaps in whole, a bad one leaves the last good one.</summary>
public sealed class ReloadTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_new_route_to_a_new_consumer_works_without_a_restart()
    {
        using var old = FakeConsumer.Start();
        using var added = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(("old", old.Url)));
        await gateway.PostAsync(AngoPayload.Of(task: "before"));
        await old.WaitForAsync(1, Soon);

        await gateway.RewriteAsync(Config(("old", old.Url), ("added", added.Url)));
        await gateway.WaitForLogAsync("applied", Soon);
        await gateway.PostAsync(AngoPayload.Of(task: "after"));

        await Task.WhenAll(old.WaitForAsync(2, Soon), added.WaitForAsync(1, Soon));
    }

    [Fact]
    public async Task A_bad_file_is_refused_and_shown_while_the_last_good_one_goes_on()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(("all", consumer.Url)));

        await File.WriteAllTextAsync(gateway.ConfigPath, """{ "sources": {}, "nonsense": 1 }""");
        await gateway.WaitForLogAsync("refused", Soon);

        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync(AngoPayload.Of())).Status);
        await consumer.WaitForAsync(1, Soon);
        using var ready = await gateway.Admin.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Contains("nonsense", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliveries_of_a_removed_consumer_wait_for_its_return()
    {
        using var consumer = FakeConsumer.Start();
        consumer.Answers(503);
        await using var gateway = await GatewayHost.StartAsync(Config(("all", consumer.Url)));
        await gateway.PostAsync(AngoPayload.Of());
        await consumer.WaitForAsync(1, Soon);

        await gateway.RewriteAsync("""{ "consumers": {}, "routes": [] }""");
        await gateway.WaitForLogAsync("applied", Soon);
        consumer.Answers(200);
        var seen = consumer.Received.Count;
        await gateway.RewriteAsync(Config(("all", consumer.Url)));

        await consumer.WaitForAsync(seen + 1, Soon);
        await gateway.WaitForLogAsync("Attempt Delivered", Soon);
    }

    private static string Config(params (string Name, string Url)[] consumers) => $$"""
        {
          "consumers": { {{string.Join(", ", consumers.Select(c => $$"""
              "{{c.Name}}": { "url": "{{c.Url}}", "delivery": { "retry": { "firstDelay": "00:00:00.200", "maxDelay": "00:00:01" } } }
              """))}} },
          "routes": [ { "match": {}, "to": [{{string.Join(", ", consumers.Select(c => $"\"{c.Name}\""))}}] } ]
        }
        """;
}
