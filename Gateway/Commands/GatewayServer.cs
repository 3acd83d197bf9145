using System.Diagnostics;
using AngoGateway.Configuration;
using AngoGateway.Deliveries;
using AngoGateway.Forwarding;
using AngoGateway.Journal;
using AngoGateway.Operator;
using AngoGateway.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration.Memory;

namespace AngoGateway.Commands;

/// <summary>What a gateway is started with.</summary>
/// <param name="ConfigPath">Its gateway.json.</param>
/// <param name="Environment">Where <c>env:NAME</c> references are looked up.</param>
/// <param name="TimeProvider">The clock of everything.</param>
/// <param name="Customize">For gateways inside another program (the demo, tests): where the log goes.</param>
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
    // Defaults that Logging__LogLevel__… variables override: the line per webhook and per attempt is ours to write.
    private static readonly Dictionary<string, string?> QuietFrameworks = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        // At any level it makes an activity and a log scope per request: the webhook's span is ours.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = "Warning",
        // A start that fails is told in one line by the command; a part that dies is critical.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        // Each of its warnings is the outcome of an attempt, which has a line of ours.
        ["Logging:LogLevel:Yarp"] = "Error",
    };

    // Listeners and lanes drain side by side; the lanes' bound and a settlement on a slow disk must fit into it.
    private static readonly TimeSpan ShutdownTime = Lanes.DrainTime + TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;
    private readonly ActivityListener _propagation;

    private GatewayServer(WebApplication app, ActivityListener propagation) => (_app, _propagation) = (app, propagation);

    /// <summary>Where webhooks are posted to; with port 0 in the configuration, the port that was taken.</summary>
    public Uri PublicAddress => Address(0);

    public Uri AdminAddress => Address(1);

    public IServiceProvider Services => _app.Services;

    /// <exception cref="ConfigurationException">gateway.json has faults; carries all of them.</exception>
    /// <exception cref="JournalUnavailableException">The journal cannot be opened.</exception>
    /// <exception cref="IOException">An address cannot be listened on.</exception>
    public static async Task<GatewayServer> StartAsync(GatewayServerOptions options, CancellationToken cancellationToken)
    {
        // 1. The configuration, whole or not at all.
        var loader = new ConfigLoader(options.Environment, Clusters.Check, options.TimeProvider);
        var loaded = loader.Load(options.ConfigPath, previous: null);
        var live = new LiveSnapshot(loaded.Snapshot ?? throw new ConfigurationException(options.ConfigPath, loaded.Faults));

        var propagation = Traces.Propagate();
        IJournal? journal = null;
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietFrameworks });
        ContainerLog.Add(builder.Configuration);
        // The listeners are those of gateway.json: the ports that .NET's container images set for all programs are not meant.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        builder.Services.AddSingleton<IHostLifetime, CommandLifetime>();
        builder.Services.AddSingleton(options.TimeProvider);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTime);
        builder.Services.AddSingleton(loader).AddSingleton(loaded.Files).AddSingleton(GateOf);
        // Opened below, when there is a logger; closed by the container, after everything that uses it.
        builder.Services.AddSingleton(_ => journal ?? throw new InvalidOperationException("The journal is not open yet."));
        Program.AddGateway(builder, live);
        options.Customize?.Invoke(builder);
        var app = builder.Build();
        try
        {
            // 2. The journal.
            journal = await Journals.OpenAsync(
                live.Current.Journal,
                new JournalTerms(() => live.Current.Retention, () => live.Current.Database, () => live.Current.Revision),
                options.TimeProvider,
                app.Services.GetRequiredService<ILoggerFactory>(),
                cancellationToken);
            app.Services.GetRequiredService<IJournal>();

            // 3. Both halves.
            Program.MapGateway(app);
            if (await app.Services.GetRequiredService<SnapshotGate>()(live.Current, cancellationToken) is { Count: > 0 } refused)
            {
                throw new ConfigurationException(options.ConfigPath, refused);
            }

            await ListenAsync(app, live.Current.Listen, cancellationToken);
            return new GatewayServer(app, propagation);
        }
        catch
        {
            // The lanes may run already when an address turns out to be taken: they end before their journal does.
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
            propagation.Dispose();
            throw;
        }
    }

    /// <summary>Whether a part of the gateway died, and the rest was stopped for that.</summary>
    public bool HasFailed => _app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(part => part.ExecuteTask?.IsFaulted == true);

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _propagation.Dispose();
    }

    private static async Task ListenAsync(WebApplication app, ListenConfig listen, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception fault) when (Listeners.SocketFault(fault) is { } reason)
        {
            // Kestrel takes the addresses in their order and notes those it has taken; most of its faults do not name the other.
            var taken = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Count ?? 0;
            var (url, key) = taken == 0 ? (listen.Public, "listen.public") : (listen.Admin, "listen.admin");
            throw new IOException($"{Listeners.Refusal(url, reason)} It is {key} in gateway.json.", fault);
        }
    }

    // YARP takes a snapshot's consumers before any request can be routed to them.
    private static SnapshotGate GateOf(IServiceProvider services)
    {
        var endpoints = services.GetRequiredService<PrivateEndpoints>();
        return async (next, cancellationToken) =>
        {
            var faults = await endpoints.ApplyAsync(next.Consumers.Values, cancellationToken);
            return [.. faults.Select(fault => new ConfigFault(fault.Path, 1, fault.Message))];
        };
    }

    private Uri Address(int listener)
    {
        var addresses = _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        var address = BindingAddress.Parse(addresses.ElementAt(listener));
        var host = address.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}");
    }
}
