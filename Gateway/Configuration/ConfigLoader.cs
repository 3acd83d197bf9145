using System.Collections.Frozen;
using System.Security.Cryptography;
using AngoGateway.Consumers;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;

namespace AngoGateway.Configuration;

/// <summary>Reads gateway.json: file → nodes → records → cross checks → secrets → snapshot. Reports every fault at once.</summary>
/// <param name="environment">Looks up an environment variable; null when it is not set.</param>
/// <param name="checkCluster">Says what YARP would not take in a consumer's <c>cluster</c>.</param>
/// <param name="timeProvider">The clock that compiled sources run on.</param>
internal sealed class ConfigLoader(Func<string, string?> environment, ClusterCheck checkCluster, TimeProvider timeProvider)
{
    /// <summary>Reads, checks and compiles.</summary>
    /// <param name="path">Of gateway.json.</param>
    /// <param name="previous">The snapshot in force: its rate limits go on, and what cannot change while running is compared with it.</param>
    public LoadResult Load(string path, GatewaySnapshot? previous)
    {
        var reading = Read(path);
        var faults = reading.Config is { } config && previous is not null
            ? NeedsRestart(config, reading, previous)
            : reading.Faults;
        var snapshot = reading.Config is null || faults.Count > 0 ? null : Compile(reading.Config, reading, previous);
        return new LoadResult(snapshot, faults, reading.Revision, reading.Files);
    }

    /// <summary>Reads and checks without compiling.</summary>
    /// <param name="path">Of gateway.json.</param>
    /// <param name="withSecrets">False: references are checked for their form only.</param>
    public ConfigReading Read(string path, bool withSecrets = true)
    {
        path = Path.GetFullPath(path);
        var faults = new ConfigFaults();
        var file = FileReading.Of(path, ConfigFile.MaxBytes);
        var root = ConfigFile.TextOf(file, path, faults) is { } text ? ConfigParser.Parse(text, faults) : null;
        var config = root is null ? null : (GatewayConfig?)new ConfigBinder(faults).Bind(root, ConfigShape.Root, []);
        var secrets = new SecretStore(Path.GetDirectoryName(path)!, environment);
        if (config is not null)
        {
            new CrossChecks(root!, faults).Run(config, Path.GetDirectoryName(path)!, checkCluster);
            if (withSecrets)
            {
                secrets.Resolve(root!, faults);
                if (Database(config, secrets.ByReference)?.Fault is { } fault)
                    faults.Add(root!["journal"]!["connectionString"]!, fault);
            }
        }

        return new ConfigReading(
            faults.Count > 0 ? null : WithAbsolutePaths(config!, Path.GetDirectoryName(path)!),
            faults.InOrder,
            Convert.ToHexStringLower(SHA256.HashData(file.Bytes ?? []))[..12],
            root,
            secrets.ByReference,
            new WatchedFiles(path, secrets.FilePaths, WatchedFiles.Of(file, secrets.Files)));
    }

    private GatewaySnapshot Compile(GatewayConfig config, ConfigReading reading, GatewaySnapshot? previous)
    {
        var before = previous?.Sources.Values.ToDictionary(source => source.Name) ?? [];
        var sources = config.Sources.Select(source => Source.Compile(
            source.Key, source.Value, reference => reading.Secrets[reference], before.GetValueOrDefault(source.Key), timeProvider));
        var consumers = config.Consumers.ToFrozenDictionary(
            consumer => consumer.Key, consumer => Consumer.Compile(consumer.Key, consumer.Value));
        return new GatewaySnapshot(
            reading.Revision,
            sources.ToFrozenDictionary(source => source.Path),
            consumers,
            RouteTable.Compile(config.Routes ?? [], consumers),
            ListenOf(config),
            config.Journal!,
            Database(config, reading.Secrets),
            Retention.From(config.Retention ?? new RetentionConfig()),
            Limits.From(config.Limits ?? new LimitsConfig()),
            OperatorTokens.Compile(config.Operator ?? new OperatorConfig(), reference => reading.Secrets[reference]));
    }

    private static IReadOnlyList<ConfigFault> NeedsRestart(GatewayConfig config, ConfigReading reading, GatewaySnapshot previous)
    {
        var faults = new ConfigFaults();
        // The drain is looked up when it begins.
        Compare("listen", ListenOf(config) with { Drain = null } == previous.Listen with { Drain = null });
        Compare("journal", config.Journal == previous.Journal);
        return faults.InOrder;

        void Compare(string key, bool isSame)
        {
            if (!isSame)
            {
                faults.Add($"$.{key}", reading.Root?[key]?.Line ?? 1,
                    $"{key} cannot change while the gateway runs: put the old values back, or restart it");
            }
        }
    }

    private static JournalDatabase? Database(GatewayConfig config, IReadOnlyDictionary<string, byte[]> secrets) =>
        config.Journal?.ConnectionString is { } reference && secrets.TryGetValue(reference, out var text) ? new JournalDatabase(text) : null;

    private static ListenConfig ListenOf(GatewayConfig config) => config.Listen ?? new ListenConfig();

    private static GatewayConfig WithAbsolutePaths(GatewayConfig config, string folder)
    {
        var journal = config.Journal ?? new JournalConfig();
        return config with { Journal = journal with { Path = Path.GetFullPath(journal.Path, folder) } };
    }
}
