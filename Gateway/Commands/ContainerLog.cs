using Microsoft.Extensions.Configuration.Memory;

namespace AngoGateway.Commands;

/// <summary>In a container machines read the console: a line of JSON each, with the ids of its trace and span.</summary>
internal static class ContainerLog
{
    private const string Formatter = "Logging:Console:FormatterName";

    private static readonly Dictionary<string, string?> Json = new()
    {
        [Formatter] = "json",
        ["Logging:Console:FormatterOptions:UseUtcTimestamp"] = "true",
        ["Logging:Console:FormatterOptions:TimestampFormat"] = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
        // The ids are scopes.
        ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
    };

    /// <summary>Defaults only: a formatter of the operator's choice keeps its own options.</summary>
    public static void Add(ConfigurationManager configuration)
    {
        // Set by .NET's own images.
        if (configuration["DOTNET_RUNNING_IN_CONTAINER"] is not ("true" or "1") || !string.IsNullOrEmpty(configuration[Formatter]))
            return;

        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Json });
    }
}
