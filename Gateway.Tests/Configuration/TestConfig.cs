using System.Text.Json;
using AngoGateway.Configuration;
using AngoGateway.Consumers;

namespace AngoGateway.Tests.Configuration;

/// <summary>gateway.json files for tests, in a folder of their own that goes with them.</summary>
internal sealed class TestConfig : IDisposable
{
    /// <summary>The smallest file that is good.</summary>
    public const string Good = """
        {
          "listen": { "public": "http://127.0.0.1:0", "admin": "http://127.0.0.1:0" },
          "journal": { "type": "memory" },
          "sources": { "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": ["env:SECRET"] } } },
          "consumers": { "training": { "url": "http://127.0.0.1:9000/ango" } },
          "routes": [ { "match": {}, "to": ["training"] } ]
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ango-config-");

    public TestConfig(string text = Good) => Write(text);

    public string FilePath => PathOf("gateway.json");

    public static string? Environment(string name) => name switch
    {
        "SECRET" or "OTHER_SECRET" or "ANGO_WEBHOOK_SECRET" => "s3cr3t-" + name,
        "DATABASE" => "Host=db1,db2;Database=gateway;Username=gateway;Password=s3cr3t;Search Path=ango",
        "HOSTLESS" => "Database=gateway;Password=s3cr3t",
        "DATABASE_URI" => "postgres://gateway:s3cr3t@db1/gateway",
        "EMPTY" => "",
        _ => null,
    };

    /// <summary>Stands in for Forwarding's check: a cluster needs destinations with addresses, and nothing else is looked at.</summary>
    public static IEnumerable<ClusterFault> CheckCluster(JsonElement cluster)
    {
        if (!cluster.TryGetProperty("Destinations", out var destinations) || destinations.ValueKind != JsonValueKind.Object)
        {
            yield return new("$", "needs Destinations");
            yield break;
        }

        foreach (var destination in destinations.EnumerateObject())
        {
            if (!destination.Value.TryGetProperty("Address", out var address))
                yield return new($"$.Destinations.{destination.Name}", "needs an Address");
            else if (address.GetString() is not ['h', 't', 't', 'p', ..])
                yield return new($"$.Destinations.{destination.Name}.Address", "is no URL");
        }
    }

    public static ConfigLoader Loader(TimeProvider? timeProvider = null) =>
        new(Environment, CheckCluster, timeProvider ?? TimeProvider.System);

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Write(string text) => File.WriteAllText(FilePath, text);

    public ConfigReading Read() => Loader().Read(FilePath);

    public void Dispose() => _folder.Delete(recursive: true);
}
