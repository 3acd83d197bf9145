namespace AngoGateway.Configuration;

/// <summary>gateway.json has faults and the gateway does not start. The message lists all of them, a line each.</summary>
internal sealed class ConfigurationException(string path, IReadOnlyList<ConfigFault> faults)
    : Exception($"{path} has {faults.Count} fault(s):{string.Concat(faults.Select(fault => $"{Environment.NewLine}  {fault}"))}")
{
    public IReadOnlyList<ConfigFault> Faults { get; } = faults;
}
