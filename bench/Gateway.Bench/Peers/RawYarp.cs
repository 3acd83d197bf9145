using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace AngoGateway.Bench.Peers;

/// <summary>YARP as its first page shows it, without logs: forwards everything, verifies nothing.</summary>
internal static class RawYarp
{
    // Server GC is what a web project has; the bench itself has not.
    public static Peer Peer { get; } = new("raw YARP", static async ground => PeerGround.Of([await BenchProcess.StartAsync(
        "gateway-bench.dll",
        ["raw-yarp", ground.Upstream.Addresses[0].ToString()],
        new Dictionary<string, string> { ["DOTNET_gcServer"] = "1" })]))
    {
        Verifies = false,
    };

    /// <summary>The program.</summary>
    public static async Task RunAsync(string upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "service", Match = new RouteMatch { Path = "{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "service",
                    Destinations = new Dictionary<string, DestinationConfig> { ["service"] = new() { Address = upstream } },
                },
            ]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        Console.WriteLine($"ready at {app.Urls.First()}");
        // Ends with whoever started it.
        await Console.In.ReadToEndAsync();
    }
}
