using AngoGateway.Consumers;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;

namespace AngoGateway.Configuration;

/// <summary>gateway.json as written. Read it by compiling a <see cref="GatewaySnapshot"/>.</summary>
/// <param name="Sources">By name; at least one.</param>
/// <param name="Consumers">By name.</param>
/// <param name="Routes">In order. Default: none, and every event is kept as unrouted.</param>
/// <param name="Listen">Where the gateway listens.</param>
/// <param name="Journal">Where accepted events are kept.</param>
/// <param name="Retention">How long they are remembered.</param>
/// <param name="Limits">Bounds on one request.</param>
internal sealed record GatewayConfig(
    Dictionary<string, SourceConfig> Sources,
    Dictionary<string, ConsumerConfig> Consumers,
    RouteConfig[]? Routes = null,
    ListenConfig? Listen = null,
    JournalConfig? Journal = null,
    RetentionConfig? Retention = null,
    LimitsConfig? Limits = null);

/// <summary><c>listen</c>: a change needs a restart.</summary>
/// <param name="Public">The edge: webhooks only. Port 0 takes a free one.</param>
/// <param name="Admin">Health for machines, later the operator's side; never reachable through the public listener.</param>
internal sealed record ListenConfig(string Public = "http://0.0.0.0:8080", string Admin = "http://127.0.0.1:8081");

/// <summary><c>limits</c>.</summary>
/// <param name="BodyBytes">Larger bodies are answered 413. Default 32 MiB: about ten minutes of annotated video.</param>
/// <param name="BodyTimeout">A body that takes longer is answered 408. Default 30 s.</param>
internal sealed record LimitsConfig(int BodyBytes = 33554432, TimeSpan? BodyTimeout = null);

/// <summary>Bounds on one request, as compiled.</summary>
internal sealed record Limits(int BodyBytes, TimeSpan BodyTimeout)
{
    public static Limits From(LimitsConfig config) => new(config.BodyBytes, config.BodyTimeout ?? TimeSpan.FromSeconds(30));
}
