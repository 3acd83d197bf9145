namespace AngoGateway.Configuration;

/// <summary>gateway.json has faults and the gateway does not start. The message lists all of them, a line each.</summary>
internal sealed class ConfigurationException(string path, IReadOnlyList<ConfigFault> faults)
    : Exception(string.Join(Environment.NewLine, faults.Select(fault => fault.In(path))))
{
    public IReadOnlyList<ConfigFault> Faults { get; } = faults;
}
