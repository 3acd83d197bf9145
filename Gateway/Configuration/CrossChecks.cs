using System.Text.Json;
using AngoGateway.Consumers;

namespace AngoGateway.Configuration;

/// <summary>The rules that hold between the parts of gateway.json.</summary>
internal sealed class CrossChecks(ConfigNode root, ConfigFaults faults)
{
    public void Run(GatewayConfig config, ClusterCheck checkCluster)
    {
        EachPathOnce();
        RoutesLeadSomewhere();
        EachRouteNameOnce();
        EachConsumerNameOnce();
        foreach (var (name, consumer) in config.Consumers)
        {
            // A consumer whose own shape is broken is null here and has its faults already.
            if (consumer?.Cluster is { } cluster && root["consumers"]?[name]?["cluster"] is { } node)
                Check(cluster, node, checkCluster);
        }
    }

    private void EachPathOnce()
    {
        var seen = new Dictionary<string, string>();
        foreach (var (name, source) in Members(root["sources"]))
        {
            if (source["path"] is { Kind: JsonValueKind.String } path && !seen.TryAdd(path.Text, name))
                faults.Add(path, $"is the path of source \"{seen[path.Text]}\" too: give each source its own");
        }
    }

    // YARP compares the names of clusters without case.
    private void EachConsumerNameOnce()
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, consumer) in Members(root["consumers"]))
        {
            if (!seen.Add(name))
                faults.Add(consumer, $"differs from \"{seen.First(other => other.Equals(name, StringComparison.OrdinalIgnoreCase))}\" by case only: rename one of them");
        }
    }

    private void RoutesLeadSomewhere()
    {
        var sources = NamesIn("sources");
        var consumers = NamesIn("consumers");
        foreach (var route in Routes())
        {
            foreach (var name in route["to"]?.Texts ?? [])
                MustBeKnown(name, consumers, "consumer");

            foreach (var name in route["match"]?["source"]?.Texts ?? [])
                MustBeKnown(name, sources, "source");
        }
    }

    private void MustBeKnown(ConfigNode name, IReadOnlyCollection<string>? known, string what)
    {
        if (known is null || name.Text.Length == 0 || known.Contains(name.Text))
            return;

        // A source's pattern could only match names that are written in the same file.
        var advice = name.Text.Contains('*')
            ? "sources are named exactly, without *"
            : Spelling.Advice(name.Text, known);
        faults.Add(name, $"unknown {what} \"{name.Text}\": {advice}");
    }

    private void EachRouteNameOnce()
    {
        var seen = new Dictionary<string, ConfigNode>();
        var routes = Routes();
        for (var i = 0; i < routes.Count; i++)
        {
            var written = routes[i]["name"];
            // A route without a name is called by its position.
            var name = written is null ? $"routes[{i}]" : written.Text;
            if (!seen.TryAdd(name, written ?? routes[i]))
                faults.Add(written ?? routes[i], $"is named \"{name}\" like the route on line {seen[name].Line}: give each route its own name");
        }
    }

    private void Check(JsonElement cluster, ConfigNode node, ClusterCheck checkCluster)
    {
        foreach (var fault in checkCluster(cluster))
            faults.Add(node.Path + fault.Path.TrimStart('$'), node.Follow(fault.Path).Line, fault.Message);
    }

    private List<ConfigNode> Routes() => root["routes"]?.Items ?? [];

    // Null when the section itself is missing or broken: then every name in it would look unknown.
    private OrderedDictionary<string, ConfigNode>.KeyCollection? NamesIn(string section) =>
        root[section] is { Kind: JsonValueKind.Object } node ? node.Members.Keys : null;

    private static OrderedDictionary<string, ConfigNode> Members(ConfigNode? node) => node?.Members ?? [];
}
