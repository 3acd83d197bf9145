using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Operator.OperatorHost;

namespace AngoGateway.Tests.Operator;

public sealed class ItemsTests
{
    [Fact]
    public async Task Consumers_show_what_waits_what_died_and_what_is_orphaned()
    {
        using var refusing = FakeConsumer.Start().Answers(410);
        using var down = FakeConsumer.Start().Answers(503);
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("refusing", refusing.Url), ("down", down.Url)));
        await gateway.AcceptAsync(2);
        await gateway.WaitForCountAsync("state=dead", 2);

        await gateway.RewriteAsync(Config("[]", ("refusing", refusing.Url), ("idle", refusing.Url)));
        await gateway.WaitForLogAsync("is in force", Soon);
        var consumers = (await gateway.GetOkAsync("/api/consumers"))["consumers"]!.AsArray();

        Assert.Equal(
            ["down orphaned 2 0", "idle active 0 0", "refusing active 0 2"],
            consumers.Select(one => $"{one!["name"]} {one["state"]} {one["pending"]} {one["dead"]}"));
        Assert.NotNull(consumers[0]!["oldestPending"]);
        Assert.InRange((long)consumers[0]!["oldestPendingSeconds"]!, 0, 60);
        Assert.Equal(2, await gateway.CountAsync("orphaned=true&state=pending"));
        Assert.Equal(0, await gateway.CountAsync("orphaned=true&state=dead"));
        Assert.Equal(4, await gateway.CountAsync(""));
    }

    [Fact]
    public async Task A_paused_consumer_gets_nothing_until_it_is_resumed()
    {
        using var consumer = FakeConsumer.Start();
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));

        var (status, paused) = await gateway.Admin.PostJsonAsync("/api/consumers/training/pause", "{}");
        Assert.Equal((HttpStatusCode.OK, "paused"), (status, (string)paused["state"]!));
        var (_, again) = await gateway.Admin.PostJsonAsync("/api/consumers/training/pause", "{}");
        Assert.Equal((string)paused["pausedAt"]!, (string)again["pausedAt"]!);
        await gateway.AcceptAsync(3);
        Assert.Equal(3, await gateway.CountAsync("state=pending&consumer=training"));

        var (_, resumed) = await gateway.Admin.PostJsonAsync("/api/consumers/training/resume", "");
        Assert.Equal("active", (string)resumed["state"]!);
        await consumer.WaitForAsync(3, Soon);
    }

    [Theory]
    [InlineData("trainin", "pause", "did you mean \\u0022training\\u0022?")]
    [InlineData("gone", "resume", "is not in the configuration")]
    public async Task An_unknown_consumer_is_a_404_that_says_which_there_are(string name, string verb, string words)
    {
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", "http://127.0.0.1:9")));
        var (status, problem) = await gateway.Admin.PostJsonAsync($"/api/consumers/{name}/{verb}", "{}");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains(words, problem["detail"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Null(gateway.Journal.Lane(name).PausedAt);
    }

    [Fact]
    public async Task An_event_tells_its_story_without_payload_and_signature()
    {
        using var consumer = FakeConsumer.Start().Answers(410, "no such label schema");
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", consumer.Url)));
        var payload = AngoPayload.Of(task: "t1");
        var id = (await gateway.PostAsync(payload)).EventId;
        await gateway.WaitForCountAsync("state=dead", 1);

        var story = await gateway.GetOkAsync($"/api/events/{id}");
        var delivery = Assert.Single(story["deliveries"]!.AsArray())!;
        var attempt = Assert.Single(delivery["tries"]!.AsArray())!;

        Assert.Equal(("t1", "Review", payload.Length), ((string)story["taskId"]!, (string)story["stage"]!, (int)story["size"]!));
        Assert.Equal(($"{id}.training", "dead"), ((string)delivery["id"]!, (string)delivery["state"]!));
        Assert.Equal((410, "no such label schema"), ((int)attempt["status"]!, (string)attempt["response"]!));
        Assert.StartsWith(consumer.Url, (string)attempt["address"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", story.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(SignedWebhook.Sign(payload), story.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_go_through_all_items_once_newest_first()
    {
        await using var gateway = await GatewayHost.StartAsync(Config("[]"));
        var ids = await gateway.AcceptAsync(5);

        var seen = new List<string>();
        var next = "";
        do
        {
            var page = await gateway.GetOkAsync($"/api/items?state=unrouted&limit=2{next}");
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["eventId"]!));
            next = (string?)page["next"] is { } cursor ? $"&after={Uri.EscapeDataString(cursor)}" : null;
        }
        while (next is not null);

        Assert.Equal(Enumerable.Reverse(ids), seen);
    }

    [Theory]
    [InlineData("items?stat=dead", "unknown key")]
    [InlineData("items?state=deaf", "did you mean")]
    [InlineData("items?state=Dead", "did you mean")]
    [InlineData("items?state=", "leave it out")]
    [InlineData("items?state=dead&state=pending", "state: write a text")]
    [InlineData("items?consumer=trainin", "did you mean")]
    [InlineData("items?from=yesterday", "ISO 8601")]
    [InlineData("items?from=2026-03-02&to=2026-03-01", "is not before")]
    [InlineData("items?event=7", "no event id")]
    [InlineData("items?orphaned=yes", "neither true nor false")]
    [InlineData("items?limit=0", "1 to 1000")]
    [InlineData("items?limit=1001", "1 to 1000")]
    [InlineData("items?limit=+5", "1 to 1000")]
    [InlineData("items?after=", "leave it out")]
    [InlineData("items?after=nonsense", "after: is no cursor")]
    [InlineData("items/count?limit=5", "unknown key")]
    [InlineData("events/7", "no event id")]
    public async Task A_slip_in_a_query_is_a_400_that_says_what_to_write(string path, string words)
    {
        await using var gateway = await GatewayHost.StartAsync(Config(null, ("training", "http://127.0.0.1:9")));
        using var response = await gateway.Admin.GetAsync($"/api/{path}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(words, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
