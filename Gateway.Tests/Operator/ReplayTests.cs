using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Operator.OperatorHost;

namespace AngoGateway.Tests.Operator;

/// <summary>What did not arrive, and arrives after all.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task Dead_letters_of_a_mended_consumer_arrive_with_a_new_delivery_id()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        var ids = await gateway.AcceptAsync(3);
        await gateway.WaitForCountAsync("state=dead", 3);
        consumer.Answers(200);

        var done = await gateway.ReplayAsync("""{ "filter": { "consumer": "training", "state": "dead" } }""");
        var all = await consumer.WaitForAsync(6, Soon);

        Assert.Equal((3, 3, 0), ((int)done["total"]!, (int)done["done"]!, (int)done["skipped"]!));
        Assert.Equal(ids.Select(id => $"{id}.training.1").Order(), all.Skip(3).Select(one => one.Headers["X-Gateway-Delivery-Id"]).Order());
        await gateway.WaitForCountAsync("state=delivered", 3);
        Assert.Equal((0, 3), (await gateway.CountAsync("state=dead"), await gateway.CountAsync("state=replayed")));
    }

    [Fact]
    public async Task One_delivery_is_named_by_its_id_and_no_other_is_touched()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url), ("qa.v2", consumer.Url)));
        var id = Assert.Single(await gateway.AcceptAsync(1));
        await gateway.WaitForCountAsync("state=dead", 2);
        consumer.Answers(200);

        await gateway.ReplayAsync($$"""{ "filter": { "delivery": "{{id}}.qa.v2" } }""");
        await consumer.WaitForAsync(3, Soon);
        Assert.Equal(1, await gateway.CountAsync("state=dead&consumer=training"));

        var (status, problem) = await gateway.Admin.PostJsonAsync("/api/replays", $$"""{ "filter": { "delivery": "{{id}}.qa.v2" } }""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("newer delivery", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unrouted_events_go_where_todays_table_says_proxy_routes_included()
    {
        using var queue = FakeConsumer.Start();
        using var proxy = FakeConsumer.Start();
        (string, string)[] consumers = [("queue", queue.Url), ("proxy", proxy.Url)];
        await using var gateway = await GatewayHost.StartAsync(Config("[]", consumers));
        await gateway.AcceptAsync(2, "Review");
        await gateway.AcceptAsync(1, "Label");
        Assert.Equal(3, await gateway.CountAsync("state=unrouted"));

        await gateway.RewriteAsync(Config(
            """[ { "match": { "stage": "Review" }, "to": ["queue"] }, { "match": { "stage": "Review" }, "to": ["proxy"], "mode": "proxy" } ]""", consumers));
        await gateway.WaitForLogAsync("is in force", Soon);
        var done = await gateway.ReplayAsync("""{ "filter": { "state": "unrouted" } }""");

        await Task.WhenAll(queue.WaitForAsync(2, Soon), proxy.WaitForAsync(2, Soon));
        Assert.Equal((2, 1), ((int)done["done"]!, (int)done["skipped"]!));
        Assert.Equal(1, await gateway.CountAsync("state=unrouted"));
    }

    [Fact]
    public async Task Quarantined_events_are_released_by_a_replay()
    {
        using var consumer = FakeConsumer.Start();
        var config = Config(null, ("training", consumer.Url)).Insert(1, "\"retention\": { \"events\": \"1.00:00:00\", \"keys\": \"30.00:00:00\" },");
        await using var gateway = await GatewayHost.StartAsync(config);
        var payload = AngoPayload.Of(updatedAt: "2023-10-04T07:12:44.120Z");
        await gateway.PostAsync(payload);
        Assert.Equal(1, await gateway.CountAsync("state=quarantined"));

        await gateway.ReplayAsync("""{ "filter": { "state": "quarantined" } }""");

        Assert.Equal(payload, Assert.Single(await consumer.WaitForAsync(1, Soon)).Body);
        Assert.Equal(0, await gateway.CountAsync("state=quarantined"));
    }

    [Fact]
    public async Task Orphaned_deliveries_are_redirected_to_a_consumer_in_force()
    {
        using var removed = FakeConsumer.Start().Answers(503);
        using var heir = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("removed", removed.Url)));
        var ids = await gateway.AcceptAsync(3);
        await removed.WaitForAsync(3, Soon);
        await gateway.RewriteAsync(Config("[]", ("heir", heir.Url)));
        await gateway.WaitForLogAsync("is in force", Soon);

        var (_, refused) = await gateway.Admin.PostJsonAsync("/api/replays", """{ "filter": { "consumer": "removed", "state": "pending" } }""");
        Assert.Contains("waits for its return; name those that get it instead", (string)refused["detail"]!, StringComparison.Ordinal);
        await gateway.ReplayAsync("""{ "filter": { "consumer": "removed", "state": "pending" }, "to": "heir" }""");

        await heir.WaitForEventsAsync(ids, Soon);
        Assert.Equal((0, 3), (await gateway.CountAsync("orphaned=true&state=pending"), await gateway.CountAsync("state=replayed&consumer=removed")));
    }

    [Fact]
    public async Task One_event_goes_to_chosen_consumers_whatever_became_of_its_deliveries()
    {
        using var delivered = FakeConsumer.Start();
        using var refusing = FakeConsumer.Start().Answers(410);
        using var late = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(
            """[ { "match": {}, "to": ["delivered", "refusing"] } ]""", ("delivered", delivered.Url), ("refusing", refusing.Url), ("late", late.Url)));
        var id = Assert.Single(await gateway.AcceptAsync(1));
        await gateway.WaitForCountAsync("state=dead", 1);
        await gateway.WaitForCountAsync("state=delivered", 1);

        await gateway.ReplayAsync($$"""{ "filter": { "event": "{{id}}" }, "to": ["late", "delivered"] }""");

        Assert.Equal($"{id}.late", Assert.Single(await late.WaitForAsync(1, Soon)).Headers["X-Gateway-Delivery-Id"]);
        Assert.Equal($"{id}.delivered.1", (await delivered.WaitForAsync(2, Soon))[1].Headers["X-Gateway-Delivery-Id"]);
        Assert.Equal(1, await gateway.CountAsync("state=dead&consumer=refusing"));
        Assert.Single(refusing.Received);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        await gateway.AcceptAsync(2);
        await gateway.WaitForCountAsync("state=dead", 2);

        var (_, replay) = await gateway.Admin.PostJsonAsync("/api/replays", """{ "filter": {}, "dryRun": true }""");
        var (_, discard) = await gateway.Admin.PostJsonAsync("/api/discards", """{ "filter": { "consumer": "training" }, "dryRun": true }""");

        Assert.Equal("""{"count":2} {"count":2}""", $"{replay.ToJsonString()} {discard.ToJsonString()}");
        Assert.Equal(2, await gateway.CountAsync("state=dead"));
        Assert.Empty((await gateway.GetOkAsync("/api/replays"))["replays"]!.AsArray());
    }

    [Fact]
    public async Task A_restart_in_the_middle_of_a_replay_leaves_nothing_out_and_does_nothing_twice()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        var config = Config(null, ("training", consumer.Url));
        var folder = Directory.CreateTempSubdirectory("ango-gateway-test-").FullName;
        try
        {
            List<string> ids;
            await using (var first = await GatewayHost.StartAsync(config, folder))
            {
                ids = await first.AcceptAsync(40);
                await first.WaitForCountAsync("state=dead", 40);
                consumer.Answers(200);
                await first.Admin.PostJsonAsync("/api/replays", """{ "filter": {}, "rate": 20 }""");
                await consumer.WaitForAsync(41, Soon);
            }

            var before = consumer.Received.Count;
            await using var second = await GatewayHost.StartAsync(config, folder);
            await second.WaitForCountAsync("state=delivered", 40);

            Assert.InRange(before, 41, 79);
            Assert.Equal(ids.Select(id => $"{id}.training.1").Order(), consumer.Received.Skip(40).Select(one => one.Headers["X-Gateway-Delivery-Id"]).Order());
            Assert.Equal(40, await second.CountAsync("state=replayed"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_cancelled_replay_stays_where_it_is()
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        await gateway.AcceptAsync(5);
        await gateway.WaitForCountAsync("state=dead", 5);
        await gateway.Admin.PostJsonAsync("/api/consumers/training/pause", "{}");

        var (_, started) = await gateway.Admin.PostJsonAsync("/api/replays", """{ "filter": {}, "rate": 1 }""");
        var (_, cancelled) = await gateway.Admin.PostJsonAsync($"/api/replays/{started["id"]}/cancel", "{}");
        var (unknown, _) = await gateway.Admin.PostJsonAsync("/api/replays/0198c5a0-0000-7000-8000-000000000000/cancel", "{}");

        Assert.Equal(("running", "cancelled"), ((string)started["state"]!, (string)cancelled["state"]!));
        Assert.Equal(5 - (int)cancelled["done"]!, await gateway.CountAsync("state=dead"));
        Assert.Equal(HttpStatusCode.NotFound, unknown);
    }

    [Fact]
    public async Task Discarded_deliveries_are_given_up_and_the_others_are_not()
    {
        using var refusing = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("a", refusing.Url), ("b", refusing.Url)));
        await gateway.AcceptAsync(3);
        await gateway.WaitForCountAsync("state=dead", 6);

        var (_, discarded) = await gateway.Admin.PostJsonAsync("/api/discards", """{ "filter": { "consumer": "a" } }""");

        Assert.Equal(3, (int)discarded["discarded"]!);
        Assert.Equal((3, 3), (await gateway.CountAsync("state=discarded&consumer=a"), await gateway.CountAsync("state=dead&consumer=b")));
    }

    [Theory]
    [InlineData("replays", "[]", "no JSON object")]
    [InlineData("replays", "{", "not JSON")]
    [InlineData("replays", """{ "filter": {}, "filter": {} }""", "twice")]
    [InlineData("replays", """{ "filtre": {} }""", "did you mean")]
    [InlineData("replays", """{ "filter": [] }""", "write an object")]
    [InlineData("replays", """{ "filter": { "consumer": 5 } }""", "consumer: write a text")]
    [InlineData("replays", """{ "filter": { "consumre": "training" } }""", "did you mean")]
    [InlineData("replays", """{ "filter": { "state": "deaf" } }""", "did you mean")]
    [InlineData("replays", """{ "filter": {}, "to": "trainin" }""", "did you mean")]
    [InlineData("replays", """{ "filter": {}, "to": "zzz" }""", "known are \"training\"")]
    [InlineData("replays", """{ "filter": {}, "to": [] }""", "to: write a text")]
    [InlineData("replays", """{ "filter": {}, "to": ["training", "training"] }""", "each name once")]
    [InlineData("replays", """{ "filter": {}, "rate": 0 }""", "1 to 10000")]
    [InlineData("replays", """{ "filter": {}, "rate": "fast" }""", "1 to 10000")]
    [InlineData("replays", """{ "filter": {}, "dryRun": "yes" }""", "true or false")]
    [InlineData("replays", """{ "filter": { "state": "pending", "consumer": "training" } }""", "anyway")]
    [InlineData("replays", """{ "filter": { "state": "pending", "consumer": "training" }, "to": "training" }""", "already")]
    [InlineData("replays", """{ "filter": { "orphaned": true } }""", "no more")]
    [InlineData("replays", """{ "filter": { "state": "unrouted", "consumer": "training" } }""", "have none yet")]
    [InlineData("replays", """{ "filter": { "delivery": "0198c5a0-0000-7000-8000-000000000000.training" } }""", "none of that id")]
    [InlineData("replays", """{ "filter": { "event": "0198c5a0-0000-7000-8000-000000000000" }, "to": "training" }""", "none of that id")]
    [InlineData("discards", "{}", "too wide")]
    [InlineData("discards", """{ "filter": {} }""", "too wide")]
    [InlineData("discards", """{ "filter": { "state": "dead" } }""", "too wide")]
    [InlineData("discards", """{ "filter": { "from": "2026-01-01" } }""", "too wide")]
    [InlineData("discards", """{ "filter": { "orphaned": true } }""", "too wide")]
    [InlineData("discards", """{ "filter": { "state": "delivered", "consumer": "training" } }""", "only")]
    [InlineData("discards", """{ "filter": { "consumer": "training" }, "rate": 5 }""", "unknown key")]
    public async Task A_slip_in_a_change_is_a_400_that_changes_nothing(string path, string json, string words)
    {
        using var consumer = FakeConsumer.Start().Answers(410);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        await gateway.AcceptAsync(1);
        await gateway.WaitForCountAsync("state=dead", 1);

        var (status, problem) = await gateway.Admin.PostJsonAsync($"/api/{path}", json);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(words, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(1, await gateway.CountAsync("state=dead"));
        Assert.Empty((await gateway.GetOkAsync("/api/replays"))["replays"]!.AsArray());
    }
}
