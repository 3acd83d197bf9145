using System.Collections.Concurrent;
using AngoGateway.Forwarding;
using AngoGateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy;

namespace AngoGateway.Tests.Forwarding;

/// <summary>What a consumer's cluster says takes effect on stored deliveries (false) and on live ones (true).</summary>
public sealed class ClusterSettingsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_is_balanced_over_two_addresses(bool live)
    {
        using var a = FakeConsumer.Start();
        using var b = FakeConsumer.Start();
        var qa = Bench.Cluster("qa", $$"""
            {
              "LoadBalancingPolicy": "RoundRobin",
              "Destinations": { "a": { "Address": "{{a.Url}}/x/" }, "b": { "Address": "{{b.Url}}/x" } }
            }
            """, path: "/hook s/%C3%A9");
        await using var bench = await Bench.StartAsync(qa);

        for (var i = 0; i < 6; i++)
            Assert.Equal(200, (await bench.ForwardAsync(live, qa)).Status);

        Assert.Equal(3, a.Received.Count);
        Assert.Equal(3, b.Received.Count);
        Assert.All([.. a.Received, .. b.Received], received => Assert.Equal("/x/hook s/é", received.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_passive_health_check_takes_a_failing_address_out(bool live)
    {
        using var good = FakeConsumer.Start();
        var qa = Bench.Cluster("qa", $$"""
            {
              "LoadBalancingPolicy": "RoundRobin",
              "Destinations": { "dead": { "Address": "{{RawServer.DeadUrl()}}" }, "good": { "Address": "{{good.Url}}" } },
              "HealthCheck": { "Passive": { "Enabled": true, "Policy": "TransportFailureRate", "ReactivationPeriod": "00:10:00" } }
            }
            """);
        await using var bench = await Bench.StartAsync(qa);

        // YARP judges an address by its last ten requests at least; every second one goes to the dead one.
        var results = new List<ForwardResult>();
        for (var i = 0; i < 30; i++)
            results.Add((await bench.ForwardAsync(live, qa)).Result);

        Assert.Equal(10, results.Count(result => result == ForwardResult.Failed));
        Assert.All(results[20..], result => Assert.Equal(ForwardResult.Responded, result));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_address_that_lets_requests_time_out_is_taken_out_too(bool live)
    {
        var time = new FakeTimeProvider();
        await using var hole = RawServer.BlackHole();
        var qa = Bench.Cluster("qa", $$"""
            {
              "Destinations": { "hole": { "Address": "{{hole.Url}}" } },
              "HealthCheck": { "Passive": { "Enabled": true } }
            }
            """, timeout: TimeSpan.FromSeconds(1));
        await using var bench = await Bench.StartAsync(time, qa);

        // One after another: of two verdicts at once YARP may keep the older one until the next.
        for (var i = 1; i <= 10; i++)
        {
            var attempt = bench.ForwardAsync(live, qa);
            await Wait.UntilAsync(() => hole.Heard == i);
            time.Advance(qa.Timeout);
            Assert.Equal(ForwardResult.TimedOut, (await attempt).Result);
        }

        // A verdict is acted upon beside the request that brought it. Asked before, the hole would have one more.
        var clusters = bench.Services.GetRequiredService<IProxyStateLookup>();
        await Wait.UntilAsync(() => clusters.TryGetCluster("qa", out var cluster) && cluster.DestinationsState.AvailableDestinations.Count == 0);
        Assert.Equal(ForwardResult.NoHealthyAddress, (await bench.ForwardAsync(live, qa)).Result);
    }

    [Theory]
    [InlineData("", "HealthyAndUnknown")]
    [InlineData(", \"AvailableDestinationsPolicy\": \"HealthyOrPanic\"", "HealthyOrPanic")]
    public void Unhealthy_addresses_are_used_only_where_that_is_written(string written, string policy)
    {
        var qa = Bench.Cluster("qa", $$"""
            { "Destinations": { "a": { "Address": "http://a" } }, "HealthCheck": { "Passive": { "Enabled": true }{{written}} } }
            """);

        Assert.Equal(policy, Assert.Single(Clusters.Compile([qa], [])).Cluster.HealthCheck!.AvailableDestinationsPolicy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_active_health_check_takes_an_address_out_and_brings_it_back(bool live)
    {
        using var service = FakeConsumer.Start();
        using var health = FakeConsumer.Start().Answers(503);
        var qa = Bench.Cluster("qa", $$"""
            {
              "Destinations": { "a": { "Address": "{{service.Url}}", "Health": "{{health.Url}}" } },
              "HealthCheck": {
                "Active": { "Enabled": "true", "Interval": "00:00:00.05", "Timeout": "00:00:05", "Policy": "ConsecutiveFailures", "Path": "/alive" },
                "AvailableDestinationsPolicy": "HealthyAndUnknown"
              },
              "Metadata": { "ConsecutiveFailuresHealthPolicy.Threshold": "2" }
            }
            """);
        await using var bench = await Bench.StartAsync(qa);

        await Wait.UntilAsync(async () => (await bench.ForwardAsync(live, qa)).Result == ForwardResult.NoHealthyAddress);
        Assert.True(health.Received.Count >= 2);
        Assert.All(health.Received, probe => Assert.Equal("/alive", probe.Path));

        health.Answers(200);
        await Wait.UntilAsync(async () => (await bench.ForwardAsync(live, qa)).Result == ForwardResult.Responded);
    }

    [Fact]
    public async Task Session_affinity_answers_a_live_sender_with_its_cookie()
    {
        using var service = FakeConsumer.Start();
        var qa = Bench.Cluster("qa", $$"""
            {
              "Destinations": { "a": { "Address": "{{service.Url}}" } },
              "SessionAffinity": { "Enabled": true, "Policy": "Cookie", "AffinityKeyName": "stick" }
            }
            """);
        await using var bench = await Bench.StartAsync(qa);

        using var response = await bench.Sender.SendAsync(bench.StartRelay(qa).Request(bench.Address, Bench.Payload));

        Assert.StartsWith("stick=", response.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal(200, (await bench.ForwardAsync(live: false, qa)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Transforms_are_applied(bool live)
    {
        using var service = FakeConsumer.Start();
        var qa = Bench.Cluster("qa", $$"""
            {
              "Destinations": { "a": { "Address": "{{service.Url}}" } },
              "Transforms": [
                { "RequestHeader": "X-Api-Key", "Set": "k1" }, { "RequestHeaderRemove": "X-Hub-Signature" }, { "PathPrefix": "/v2" }
              ]
            }
            """, path: "/hook");
        await using var bench = await Bench.StartAsync(qa);

        await bench.ForwardAsync(live, qa);

        var received = Assert.Single(service.Received);
        Assert.Equal("/v2/hook", received.Path);
        Assert.Equal("k1", received.Headers["X-Api-Key"]);
        Assert.False(received.Headers.ContainsKey("X-Hub-Signature"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_http_version_is_as_configured(bool live)
    {
        var protocols = new ConcurrentQueue<string>();
        await using var service = await KestrelConsumer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            protocols.Enqueue($"{context.Request.Protocol} {body.Length}");
        }, HttpProtocols.Http2);
        var qa = Bench.Cluster("qa", $$"""
            {
              "Destinations": { "a": { "Address": "{{service.Url}}" } },
              "HttpRequest": { "Version": "2", "VersionPolicy": "RequestVersionExact" }
            }
            """);
        await using var bench = await Bench.StartAsync(qa);

        Assert.Equal(200, (await bench.ForwardAsync(live, qa)).Status);

        Assert.Equal([$"HTTP/2 {Bench.Payload.Length}"], protocols);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_connection_per_server_means_one_request_at_a_time(bool live)
    {
        int now = 0, most = 0, connections = 0;
        var seen = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await using var service = await KestrelConsumer.StartAsync(async context =>
        {
            if (seen.TryAdd(context.Connection.Id, true))
                Interlocked.Increment(ref connections);
            var with = Interlocked.Increment(ref now);
            most = Math.Max(most, with);
            await Task.Yield();
            await context.Request.Body.CopyToAsync(Stream.Null);
            Interlocked.Decrement(ref now);
        });
        var qa = Bench.Cluster("qa", $$"""
            { "Destinations": { "a": { "Address": "{{service.Url}}" } }, "HttpClient": { "MaxConnectionsPerServer": "1" } }
            """);
        await using var bench = await Bench.StartAsync(qa);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bench.ForwardAsync(live, qa)));

        Assert.Equal(1, connections);
        Assert.Equal(1, most);
    }
}
