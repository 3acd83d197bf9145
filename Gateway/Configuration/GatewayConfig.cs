using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
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
/// <param name="Operator">Who may use the admin listener's API.</param>
/// <param name="Schema">For editors: <c>./docs/gateway.schema.json</c>. Any text: the gateway makes no use of it.</param>
internal sealed record GatewayConfig(
    [Required(ErrorMessage = "needs \"sources\": write at least one, e.g. \"sources\": { \"ango\": { \"path\": \"/hooks/ango\", \"auth\": { \"type\": \"hubSignature\", \"secrets\": [\"env:ANGO_WEBHOOK_SECRET\"] } } }")]
    Dictionary<string, SourceConfig> Sources,
    [Required(ErrorMessage = "needs \"consumers\": write e.g. \"consumers\": { \"training\": { \"url\": \"http://training:9000/ango\" } }")]
    Dictionary<string, ConsumerConfig> Consumers,
    RouteConfig[]? Routes = null,
    ListenConfig? Listen = null,
    JournalConfig? Journal = null,
    RetentionConfig? Retention = null,
    LimitsConfig? Limits = null,
    OperatorConfig? Operator = null,
    [property: JsonPropertyName("$schema")]
    string? Schema = null) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Sources.Count == 0)
            yield return new("is empty, so that no webhook could ever arrive: write at least one source", [nameof(Sources)]);
    }
}

/// <summary><c>limits</c>.</summary>
/// <param name="BodyBytes">Larger bodies are answered 413. Default 32 MiB: about ten minutes of annotated video.</param>
/// <param name="BodyTimeout">A body that takes longer is answered 408. Default 30 s.</param>
internal sealed record LimitsConfig(
    // A row of SQLite holds less than 1,000,000,000 bytes, and an array of .NET no more than twice this.
    [Range(1, 1 << 29)]
    int BodyBytes = 33554432,
    [property: DefaultValue("00:00:30")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    TimeSpan? BodyTimeout = null);

/// <summary>Bounds on one request, as compiled.</summary>
internal sealed record Limits(int BodyBytes, TimeSpan BodyTimeout)
{
    public static Limits From(LimitsConfig config) => new(config.BodyBytes, config.BodyTimeout ?? TimeSpan.FromSeconds(30));
}
