using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Operator;

/// <summary>Ways of a test to talk to the admin API, and configurations whose deliveries fail for good at once.</summary>
internal static class OperatorHost
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>Every event to every consumer, unless a route is given.</summary>
    public static string Config(string? routes, params (string Name, string Url)[] consumers)
    {
        var config = new JsonObject
        {
            ["consumers"] = new JsonObject(consumers.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)new JsonObject { ["url"] = one.Url }))),
            ["routes"] = JsonNode.Parse(routes ?? $$"""[ { "match": {}, "to": {{JsonSerializer.Serialize(consumers.Select(one => one.Name))}} } ]"""),
        };
        return config.ToJsonString();
    }

    /// <summary>As many events, of a task each, as ids.</summary>
    public static async Task<List<string>> AcceptAsync(this GatewayHost gateway, int count, string stage = "Review")
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
            ids.Add((await gateway.PostAsync(AngoPayload.Of(task: $"{stage}-{i}", stage: stage))).EventId!.Value.ToString());

        return ids;
    }

    public static async Task<JsonNode> GetOkAsync(this GatewayHost gateway, string path)
    {
        using var response = await gateway.Admin.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    public static async Task<(HttpStatusCode Status, JsonNode Body)> PostJsonAsync(this HttpClient admin, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await admin.PostAsync(path, content);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public static async Task<long> CountAsync(this GatewayHost gateway, string query) =>
        (long)(await gateway.GetOkAsync($"/api/items/count?{query}"))["count"]!;

    /// <summary>Waits until as many items match.</summary>
    public static async Task WaitForCountAsync(this GatewayHost gateway, string query, long count)
    {
        using var limit = new CancellationTokenSource(Soon);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        long found;
        while ((found = await gateway.CountAsync(query)) != count)
        {
            Assert.False(limit.IsCancellationRequested, $"{found} of {query}, not {count}");
            await ticks.WaitForNextTickAsync();
        }
    }

    /// <summary>Starts a replay and waits for its end.</summary>
    /// <returns>The replay as it ended.</returns>
    public static async Task<JsonNode> ReplayAsync(this GatewayHost gateway, string json)
    {
        var (status, started) = await gateway.Admin.PostJsonAsync("/api/replays", json);
        Assert.True(status == HttpStatusCode.Created, started.ToJsonString());
        using var limit = new CancellationTokenSource(Soon);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var now = await gateway.GetOkAsync($"/api/replays/{started["id"]}");
            if ((string)now["state"]! == "done")
                return now;

            Assert.False(limit.IsCancellationRequested, now.ToJsonString());
            await ticks.WaitForNextTickAsync();
        }
    }
}
