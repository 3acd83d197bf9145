using System.Text.Json;
using System.Text.RegularExpressions;
using AngoGateway.Consumers;
using AngoGateway.Journal;

namespace AngoGateway.Configuration;

/// <summary>The rules that hold between the parts of gateway.json.</summary>
internal sealed partial class CrossChecks(ConfigNode root, ConfigFaults faults)
{
    /// <param name="config">As bound; what is broken in it has its faults already.</param>
    /// <param name="folder">Relative paths start here: the configuration file's folder.</param>
    /// <param name="checkCluster">Says what YARP would not take.</param>
    public void Run(GatewayConfig config, string folder, ClusterCheck checkCluster)
    {
        JournalIsAFile(config.Journal ?? new JournalConfig(), folder);
        EachPathOnce();
        RoutesLeadSomewhere();
        EachRouteNameOnce();
        EachConsumerNameOnce();
        EachConsumerNameIsUsable();
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

    // Their deliveries are {event}.{name}, a replay's {event}.{name}.{n}: "a.1" could not be told from a replay to "a". And
    // a name is a step of the admin API's paths, where dots alone are no name.
    private void EachConsumerNameIsUsable()
    {
        foreach (var (name, consumer) in Members(root["consumers"]))
        {
            if (name is "." or "..")
                faults.Add(consumer, "is no name of a consumer, since in an address it means another place: rename it");
            else if (EndsLikeReplay().IsMatch(name))
                faults.Add(consumer, $"ends in a dot and digits, as the ids of replays do: rename it, e.g. \"{name[..name.LastIndexOf('.')]}-{name[(name.LastIndexOf('.') + 1)..]}\"");
        }
    }

    // A folder would pass as the path of a file, and be found out only by a start.
    private void JournalIsAFile(JournalConfig journal, string folder)
    {
        if (journal.Type != JournalType.Sqlite || journal.Path.Length == 0)
            return;

        var path = Path.GetFullPath(journal.Path, folder);
        var fault = Directory.Exists(path) || Path.EndsInDirectorySeparator(path) ? "is a folder: name a file in it, e.g. \"data/gateway.db\""
            : FileKind.IsSpecial(path) ? "is no regular file, but a pipe, a socket or a device: name a file"
            : null;
        if (fault is not null)
            faults.Add(root["journal"]?["path"] ?? root["journal"] ?? root, $"{path} {fault}");
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

    [GeneratedRegex(@"\.[0-9]+\z", RegexOptions.None, 1000)]
    private static partial Regex EndsLikeReplay();
}
