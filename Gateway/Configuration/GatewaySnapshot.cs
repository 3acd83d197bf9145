using System.Collections.Frozen;
using AngoGateway.Consumers;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;

namespace AngoGateway.Configuration;

/// <summary>The compiled configuration that one request lives under. Immutable; a request takes it once.</summary>
/// <param name="Revision">First 12 hex digits of the SHA-256 of the file: what <c>/readyz</c> and the logs name.</param>
/// <param name="Sources">By public path.</param>
/// <param name="Consumers">By name.</param>
/// <param name="Routes">Envelope to consumers.</param>
/// <param name="Listen">Its addresses are fixed since start.</param>
/// <param name="Journal">Fixed since start; its path is absolute.</param>
/// <param name="Database">Where a PostgreSQL journal is; null for the others. Its password may change while running.</param>
/// <param name="Retention">How long events and keys are remembered.</param>
/// <param name="Limits">Bounds on one request.</param>
/// <param name="Operator">Who may use the admin listener's API.</param>
internal sealed record GatewaySnapshot(
    string Revision,
    FrozenDictionary<string, Source> Sources,
    FrozenDictionary<string, Consumer> Consumers,
    RouteTable Routes,
    ListenConfig Listen,
    JournalConfig Journal,
    JournalDatabase? Database,
    Retention Retention,
    Limits Limits,
    OperatorTokens Operator);
