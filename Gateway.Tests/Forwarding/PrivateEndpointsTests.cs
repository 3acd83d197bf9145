using AngoGateway.Consumers;
using AngoGateway.Forwarding;
using AngoGateway.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace AngoGateway.Tests.Forwarding;

public sealed class PrivateEndpointsTests : IDisposable
{
    private readonly FakeConsumer _service = FakeConsumer.Start();

    public void Dispose() => _service.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/qa")]
    [InlineData("/hook")]
    [InlineData("/any/thing")]
    public async Task No_request_from_the_network_reaches_a_private_endpoint(string path)
    {
        await using var bench = await Bench.StartAsync(Bench.Short("qa", _service.Url + "/hook"));

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Options })
        {
            using var request = new HttpRequestMessage(method, new Uri(bench.Address, path));
            using var response = await bench.Sender.SendAsync(request);
            Assert.Equal(404, (int)response.StatusCode);
        }

        Assert.Empty(_service.Received);
        Assert.NotNull(bench.Endpoints.Find("qa"));
        Assert.DoesNotContain(
            bench.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints),
            endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is not null);
    }

    [Fact]
    public async Task A_bad_configuration_is_refused_whole_and_the_last_good_one_goes_on()
    {
        var qa = Bench.Short("qa", _service.Url);
        var training = Bench.Short("training", _service.Url);
        await using var bench = await Bench.StartAsync(qa);

        var faults = await bench.Endpoints.ApplyAsync(
            [
                training,
                Bench.Short("qa", "ftp://x"),
                Bench.Cluster("audit", """{ "Destinations": { "a": { "Address": "http://a" } }, "LoadBalancingPolicy": "Fair" }"""),
                Bench.Cluster("odd", """{ "Destinations": { "a": { "Address": "http://a" } } }""", path: "hook"),
                Consumer.Compile("none", new ConsumerConfig()),
            ],
            default);

        Assert.Equal(
            ["$.consumers.qa.url", "$.consumers.audit.cluster.LoadBalancingPolicy", "$.consumers.odd.path", "$.consumers.none"],
            faults.Select(fault => fault.Path));
        Assert.Equal(ForwardResult.NoHealthyAddress, (await bench.Forwarder.SendAsync(training, Bench.Webhook, default)).Result);
        Assert.Equal(200, (await bench.Forwarder.SendAsync(qa, Bench.Webhook, default)).Status);
    }

    [Fact]
    public async Task A_configuration_that_yarp_drops_half_way_leaves_nothing_behind()
    {
        var services = new ServiceCollection().AddLogging().AddForwarding();
        services.AddSingleton<IForwarderHttpClientFactory, BreaksAtAudit>();
        await using var provider = services.BuildServiceProvider();
        var endpoints = provider.GetRequiredService<PrivateEndpoints>();
        var qa = Bench.Short("qa", _service.Url + "/old");
        Assert.Empty(await endpoints.ApplyAsync([qa], default));

        var fault = Assert.Single(await endpoints.ApplyAsync(
            [Bench.Short("qa", _service.Url + "/new"), Bench.Short("audit", _service.Url)], default));

        Assert.Equal(new ClusterFault("$.consumers", "YARP refused the configuration: broken"), fault);
        Assert.Equal(200, (await provider.GetRequiredService<Forwarder>().SendAsync(qa, Bench.Webhook, default)).Status);
        Assert.Equal("/old", Assert.Single(_service.Received).Path);
        Assert.Empty(await endpoints.ApplyAsync([Bench.Short("qa", _service.Url + "/new")], default));
    }

    [Fact]
    public async Task Session_affinity_works_without_a_key_on_disk()
    {
        var services = new ServiceCollection().AddForwarding();
        services.AddLogging(logging => logging.AddFakeLogging());
        await using var provider = services.BuildServiceProvider();

        var protector = provider.GetRequiredService<IDataProtectionProvider>().CreateProtector("affinity");
        Assert.Equal("a", protector.Unprotect(protector.Protect("a")));

        var logs = provider.GetFakeLogCollector().GetSnapshot();
        Assert.Contains(logs, record => record.Message.StartsWith("Creating key", StringComparison.Ordinal));
        Assert.DoesNotContain(logs, record => record.Level >= LogLevel.Warning || record.Message.Contains("file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_that_differ_by_case_only_are_refused()
    {
        await using var bench = await Bench.StartAsync();

        var fault = Assert.Single(await bench.Endpoints.ApplyAsync(
            [Bench.Short("qa", _service.Url), Bench.Short("QA", _service.Url)], default));

        Assert.Equal(new ClusterFault("$.consumers.QA", "YARP cannot tell this name from qa: rename one of them"), fault);
    }

    [Fact]
    public async Task A_new_configuration_is_in_force_when_apply_returns()
    {
        using var other = FakeConsumer.Start();
        await using var bench = await Bench.StartAsync(Bench.Short("qa", _service.Url + "/old"));

        for (var i = 0; i < 20; i++)
        {
            var qa = Bench.Short("qa", $"{(i % 2 == 0 ? other : _service).Url}/{i}");
            Assert.Empty(await bench.Endpoints.ApplyAsync([qa, Bench.Short($"extra{i}", _service.Url)], default));
            await bench.Forwarder.SendAsync(qa, Bench.Webhook, default);
            Assert.Equal($"/{i}", (i % 2 == 0 ? other : _service).Received[^1].Path);
        }
    }

    [Fact]
    public async Task A_removed_consumer_stays_callable_for_those_who_still_hold_it()
    {
        var qa = Bench.Cluster("qa", $$"""{ "Destinations": { "a": { "Address": "{{_service.Url}}" } } }""", path: "/hook");
        await using var bench = await Bench.StartAsync(qa);

        Assert.Empty(await bench.Endpoints.ApplyAsync([Bench.Short("training", _service.Url)], default));

        Assert.Equal(200, (await bench.ForwardAsync(live: false, qa)).Status);
        Assert.Equal(200, (await bench.ForwardAsync(live: true, qa)).Status);
        Assert.All(_service.Received, received => Assert.Equal("/hook", received.Path));
    }

    [Fact]
    public async Task An_unchanged_cluster_keeps_its_client_and_its_health()
    {
        const string cluster = """
            {
              "Destinations": { "a": { "Address": "http://127.0.0.1:9", "Metadata": { "x": "1" } } },
              "SessionAffinity": { "Enabled": true, "AffinityKeyName": "k", "Cookie": { "HttpOnly": true } },
              "HttpClient": { "SslProtocols": ["Tls12", "Tls13"], "WebProxy": { "Address": "http://127.0.0.1:3128" } },
              "HttpRequest": { "Version": "1.1" }, "Metadata": { "y": "2" },
              "Transforms": [ { "RequestHeader": "X-A", "Set": "1" } ]
            }
            """;
        await using var bench = await Bench.StartAsync(Bench.Cluster("qa", cluster));
        var yarp = bench.Services.GetRequiredService<IProxyStateLookup>();
        Assert.True(yarp.TryGetCluster("qa", out var before));
        var model = before.Model;
        before.Destinations["a"].Health.Passive = DestinationHealth.Unhealthy;
        var endpoint = bench.Endpoints.Find("qa");

        Assert.Empty(await bench.Endpoints.ApplyAsync(
            [Bench.Cluster("qa", cluster), Bench.Short("training", _service.Url)], default));

        Assert.True(yarp.TryGetCluster("qa", out var after));
        Assert.Same(before, after);
        Assert.Same(model, after.Model);
        Assert.Equal(DestinationHealth.Unhealthy, after.Destinations["a"].Health.Passive);
        Assert.Same(endpoint, bench.Endpoints.Find("qa"));
    }

    [Theory]
    [InlineData(null, 30, 100)]
    [InlineData(null, 300, 300)]
    [InlineData("00:00:05", 30, 5)]
    [InlineData("00:10:00", 30, 600)]
    public async Task An_activity_timeout_means_what_it_says_and_its_default_outlasts_an_attempt(string? configured, int timeout, int seconds)
    {
        var request = configured is null ? "" : $$""", "HttpRequest": { "ActivityTimeout": "{{configured}}" }""";
        var qa = Bench.Cluster(
            "qa", $$"""{ "Destinations": { "a": { "Address": "{{_service.Url}}" } } {{request}} }""", timeout: TimeSpan.FromSeconds(timeout));
        await using var bench = await Bench.StartAsync(qa);

        Assert.True(bench.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("qa", out var cluster));
        Assert.Equal(TimeSpan.FromSeconds(seconds), cluster.Model.Config.HttpRequest!.ActivityTimeout);
    }

    private sealed class BreaksAtAudit : ForwarderHttpClientFactory
    {
        protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
        {
            if (context.ClusterId == "audit")
                throw new InvalidOperationException("broken");
        }
    }
}
