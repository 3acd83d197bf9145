using OpenTelemetry.Exporter;

namespace AngoGateway.Telemetry;

/// <summary>Where one signal goes over OTLP, by the standard variables; nowhere unless an endpoint is set.</summary>
/// <remarks>
/// The SDK reads the variables that hold for all signals by itself. Those of a single signal it knows only as part of a
/// registration that switches all three on.
/// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
/// </remarks>
internal sealed class OtlpSignal
{
    private const string All = "OTEL_EXPORTER_OTLP_";

    private readonly IConfiguration _configuration;
    private readonly string _own;

    /// <param name="configuration">With the environment in it.</param>
    /// <param name="name">TRACES, METRICS or LOGS.</param>
    public OtlpSignal(IConfiguration configuration, string name)
    {
        (_configuration, _own) = (configuration, $"{All}{name}_");
        var exporters = configuration[$"OTEL_{name}_EXPORTER"];
        IsExported = !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
            && (string.IsNullOrWhiteSpace(exporters) || exporters.Split(',', StringSplitOptions.TrimEntries).Contains("otlp", StringComparer.OrdinalIgnoreCase))
            && !(string.IsNullOrWhiteSpace(configuration[All + "ENDPOINT"]) && string.IsNullOrWhiteSpace(configuration[_own + "ENDPOINT"]));
    }

    public bool IsExported { get; }

    /// <summary>The signal's own variables, over those that hold for all.</summary>
    public void Configure(OtlpExporterOptions options)
    {
        // An endpoint set here is used as it is; the one for all gets the signal's path.
        if (Uri.TryCreate(Own("ENDPOINT"), UriKind.Absolute, out var endpoint))
            options.Endpoint = endpoint;

        if (Own("PROTOCOL") is { } protocol)
            options.Protocol = protocol == "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;

        if (Own("HEADERS") is { } headers)
            options.Headers = headers;

        if (int.TryParse(Own("TIMEOUT"), out var milliseconds))
            options.TimeoutMilliseconds = milliseconds;

        if (Enum.TryParse<OtlpExportCompression>(Own("COMPRESSION"), ignoreCase: true, out var compression))
            options.Compression = compression;
    }

    private string? Own(string name) => _configuration[_own + name] is { Length: > 0 } value ? value : null;
}
