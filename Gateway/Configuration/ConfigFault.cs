namespace AngoGateway.Configuration;

/// <summary>One thing wrong with gateway.json. Holds no value that could be a secret.</summary>
/// <param name="Path">JSON path (RFC 9535) of the value, e.g. <c>$.consumers.qa.delivery.timeout</c>; <c>$</c> for the whole file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">What is wrong and what to write instead, without a final full stop.</param>
internal readonly record struct ConfigFault(string Path, int Line, string Message)
{
    public override string ToString() => $"line {Line}, {Path}: {Message}";

    /// <summary>As compilers write a fault of a file: editors and terminals make it a link.</summary>
    public string In(string file) => $"{file}:{Line}: {Path}: {Message}";
}

/// <summary>Gathers faults, so that none hides another.</summary>
internal sealed class ConfigFaults
{
    private readonly List<ConfigFault> _faults = [];

    public int Count => _faults.Count;

    /// <summary>By line; faults of one line in the order they were found.</summary>
    public IReadOnlyList<ConfigFault> InOrder => [.. _faults.OrderBy(fault => fault.Line)];

    public void Add(ConfigNode node, string message) => Add(node.Path, node.Line, message);

    public void Add(string path, int line, string message) => _faults.Add(new ConfigFault(OneLine(path), line, OneLine(message)));

    // Keys and names are quoted in faults, and faults are logged: a line break in one would forge a line of the log.
    private static string OneLine(string text) => text.Any(Breaks)
        ? string.Concat(text.Select(c => Breaks(c) ? $"\\u{(int)c:x4}" : c.ToString()))
        : text;

    private static bool Breaks(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
