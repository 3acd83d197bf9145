using System.Diagnostics;
using AngoGateway.Configuration;
using AngoGateway.Forwarding;
using AngoGateway.Journal;
using AngoGateway.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration.Memory;

namespace AngoGateway.Commands;

/// <summary>What a gateway is started with.</summary>
/// <param name="ConfigPath">Its gateway.json.</param>
/// <param name="Environment">Where <c>env:NAME</c> references are looked up.</param>
/// <param name="TimeProvider">The clock of everything.</param>
/// <param name="Customize">For hosts inside another program (demo, tests): logging, ports.</param>
internal sealed record GatewayServerOptions(
    string ConfigPath,
    Func<string, string?> Environment,
    TimeProvider TimeProvider,
    Action<WebApplicationBuilder>? Customize = null)
{
    public static GatewayServerOptions FromEnvironment(string configPath) =>
        new(configPath, System.Environment.GetEnvironmentVariable, TimeProvider.System);
}

/// <summary>One running gateway: loads the configuration, opens the journal, starts both halves, ends them in reverse.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ActivityListener _propagation = GatewayTelemetry.Propagate();

    private GatewayServer(WebApplication app) => _app = app;

    /// <summary>Where webhooks are posted to; with port 0 in the configuration, the port that was taken.</summary>
    public Uri PublicAddress => Address(0);

    public Uri AdminAddress => Address(1);

    public IServiceProvider Services => _app.Services;

    /// <exception cref="ConfigurationException">gateway.json has faults; carries all of them.</exception>
    /// <exception cref="JournalUnavailableException">The journal cannot be opened.</exception>
    public static async Task<GatewayServer> StartAsync(GatewayServerOptions options, CancellationToken cancellationToken)
    {
        // 1. The configuration, whole or not at all.
        var loader = new ConfigLoader(options.Environment, ClusterReader.Check, options.TimeProvider);
        var live = new LiveSnapshot(loader.LoadOrThrow(options.ConfigPath));

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietFrameworks });
        builder.Services.AddSingleton(options.TimeProvider);
        options.Customize?.Invoke(builder);

        IJournal? journal = null;
        builder.Services.AddSingleton(_ => journal ?? throw new InvalidOperationException("The journal is not open yet."));
        Program.AddGateway(builder, live, loader);
        var app = builder.Build();
        try
        {
            // 2. The journal: opened here, closed by the container, after everything that uses it.
            journal = await Journals.OpenAsync(
                live.Current.Journal,
                () => live.Current.Retention,
                options.TimeProvider,
                app.Services.GetRequiredService<ILoggerFactory>(),
                cancellationToken);

            // 3. Both halves.
            Program.MapGateway(app);
            await app.Services.GetRequiredService<Clusters>().ApplyOrThrowAsync(live.Current, cancellationToken);
            await app.StartAsync(cancellationToken);
            return new GatewayServer(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _propagation.Dispose();
    }

    private Uri Address(int listener)
    {
        var addresses = _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return new Uri(addresses.ElementAt(listener).Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
    }

    // Defaults that "Logging__LogLevel__…" variables override: one line per webhook and attempt is ours to write.
    private static readonly Dictionary<string, string?> QuietFrameworks = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
    };
}
