namespace AngoGateway.Configuration;

/// <summary>gateway.json as read and checked, before it is compiled.</summary>
/// <param name="Config">Null when there are faults.</param>
/// <param name="Faults">By line; none when all is well.</param>
/// <param name="Revision">First 12 hex digits of the SHA-256 of the file.</param>
/// <param name="Root">For the lines of later faults; null when the file is no JSON.</param>
/// <param name="Secrets">By reference as written. Never logged.</param>
/// <param name="Files">What was read.</param>
internal sealed record ConfigReading(
    GatewayConfig? Config,
    IReadOnlyList<ConfigFault> Faults,
    string Revision,
    ConfigNode? Root,
    IReadOnlyDictionary<string, byte[]> Secrets,
    WatchedFiles Files);

/// <summary>What became of loading gateway.json.</summary>
/// <param name="Snapshot">Null when there are faults.</param>
/// <param name="Faults">All of them, by line.</param>
/// <param name="Revision">Of the file that was read, good or not.</param>
/// <param name="Files">What was read: hand it to the reloader, which then sees every later change.</param>
internal sealed record LoadResult(
    GatewaySnapshot? Snapshot, IReadOnlyList<ConfigFault> Faults, string Revision, WatchedFiles Files);
