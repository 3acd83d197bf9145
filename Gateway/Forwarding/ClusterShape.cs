using System.Reflection;
using System.Security.Authentication;
using System.Text.Json;
using AngoGateway.Consumers;
using Yarp.ReverseProxy.Configuration;

namespace AngoGateway.Forwarding;

/// <summary>
/// Holds a <c>cluster</c> against the shape of YARP's records: unknown keys (spelled exactly, like all of gateway.json),
/// doubled keys, names that differ by case only (the same to YARP), and values that are not what the key takes. All of
/// them: a serializer would stop at the first.
/// </summary>
internal static class ClusterShape
{
    public const string Transforms = nameof(RouteConfig.Transforms);

    // YARP's documentation writes SSLProtocols what its record calls SslProtocols.
    private const string DocumentedSslProtocols = "SSLProtocols";

    public static IEnumerable<ClusterFault> Faults(JsonElement cluster) => InRecord(cluster, typeof(ClusterConfig), "$");

    /// <summary>The keys that may stand at a record, as YARP spells them.</summary>
    private static Dictionary<string, Type> KeysOf(Type record)
    {
        // The consumer's name is the cluster's id.
        var keys = record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.Name != nameof(ClusterConfig.ClusterId))
            .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.Ordinal);
        if (record == typeof(ClusterConfig))
            keys.Add(Transforms, typeof(IReadOnlyList<IReadOnlyDictionary<string, string>>));
        return keys;
    }

    private static IEnumerable<ClusterFault> InRecord(JsonElement value, Type record, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return [new ClusterFault(path, $"write an object with any of {string.Join(", ", KeysOf(record).Keys)}")];

        var keys = KeysOf(record);
        return InObject(value, path, (property, at) => keys.TryGetValue(Known(property.Name), out var type)
            ? property.Value.ValueKind == JsonValueKind.Null ? [] : InValue(property.Value, type, at)
            : [new ClusterFault(at, Unknown(property.Name, keys.Keys))]);
    }

    private static string Known(string key) => key == DocumentedSslProtocols ? nameof(HttpClientConfig.SslProtocols) : key;

    private static string Unknown(string key, IReadOnlyCollection<string> known) =>
        known.FirstOrDefault(name => name.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } exact
            ? $"unknown key: write it as YARP does, \"{exact}\""
            : $"unknown key: write one of {string.Join(", ", known)}";

    private static IEnumerable<ClusterFault> InValue(JsonElement value, Type type, string path)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            return value.ValueKind == JsonValueKind.Object
                ? InObject(value, path, (entry, at) => InValue(entry.Value, type.GenericTypeArguments[1], at))
                : [new ClusterFault(path, "write an object: a name and a value each")];
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return value.ValueKind == JsonValueKind.Array
                ? value.EnumerateArray().SelectMany((item, index) => InValue(item, type.GenericTypeArguments[0], $"{path}[{index}]"))
                : [new ClusterFault(path, "write an array")];
        }

        if (type.Assembly == typeof(ClusterConfig).Assembly && type.IsClass)
            return InRecord(value, type, path);

        return InLeaf(value, Nullable.GetUnderlyingType(type) ?? type, path);
    }

    private static IEnumerable<ClusterFault> InObject(
        JsonElement value, string path, Func<JsonProperty, string, IEnumerable<ClusterFault>> check)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in value.EnumerateObject())
        {
            var at = property.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
                ? $"{path}.{property.Name}"
                : $"{path}['{property.Name}']";
            if (!seen.Add(property.Name))
                yield return new ClusterFault(at, "this key is here twice (upper and lower case are the same to YARP): keep one");
            foreach (var fault in check(property, at))
                yield return fault;
        }
    }

    private static IEnumerable<ClusterFault> InLeaf(JsonElement value, Type type, string path)
    {
        try
        {
            return value.Deserialize(type, ClusterJson.Options) is null or Uri { IsAbsoluteUri: false } ? [Wrong()] : [];
        }
        catch (JsonException)
        {
            return [Wrong()];
        }

        ClusterFault Wrong() => new(path, Expected(type));
    }

    private static string Expected(Type type) => type switch
    {
        _ when type == typeof(string) => "write a text in quotes",
        _ when type == typeof(bool) => "write true or false",
        _ when type == typeof(int) => "write a whole number",
        _ when type == typeof(TimeSpan) => "write a duration such as \"00:00:10\"",
        _ when type == typeof(Version) => "write \"1.1\", \"2\" or \"3\"",
        _ when type == typeof(Uri) => "write an absolute address such as \"http://proxy:3128\"",
        _ when type == typeof(SslProtocols) => "write an array of \"Tls12\" and \"Tls13\"",
        _ => $"write one of {string.Join(", ", Enum.GetNames(type))}",
    };
}
