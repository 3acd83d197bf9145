using AngoGateway.Telemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace AngoGateway.Tests.Telemetry;

public sealed class OtlpSignalTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317")]
    [InlineData(true, false, false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4317")]
    [InlineData(false, true, false, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c:4317")]
    [InlineData(false, false, true, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://c:4317")]
    [InlineData(true, true, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_LOGS_EXPORTER=none")]
    [InlineData(true, false, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_METRICS_EXPORTER=prometheus")]
    [InlineData(true, true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_METRICS_EXPORTER=otlp, prometheus", "OTEL_TRACES_EXPORTER=")]
    [InlineData(false, false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_SDK_DISABLED=true")]
    [InlineData(false, false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_TRACES_EXPORTER=otlp")]
    public void A_signal_goes_out_when_it_has_an_endpoint_and_is_not_switched_off(bool traces, bool metrics, bool logs, params string[] variables) =>
        Assert.Equal((traces, metrics, logs), (Signal("TRACES", variables).IsExported, Signal("METRICS", variables).IsExported, Signal("LOGS", variables).IsExported));

    [Fact]
    public void A_signals_own_variables_stand_over_those_for_all()
    {
        var options = new OtlpExporterOptions { Protocol = OtlpExportProtocol.Grpc, Headers = "all=1", TimeoutMilliseconds = 1 };

        Signal(
            "TRACES",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://traces:4318/own/path",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS=own=2",
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=2500",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=gzip").Configure(options);

        Assert.Equal(
            ("http://traces:4318/own/path", OtlpExportProtocol.HttpProtobuf, "own=2", 2500, OtlpExportCompression.GZip),
            (options.Endpoint.ToString(), options.Protocol, options.Headers, options.TimeoutMilliseconds, options.Compression));
    }

    [Fact]
    public void What_it_has_not_of_its_own_stays_as_it_is_for_all()
    {
        var options = new OtlpExporterOptions { Endpoint = new Uri("http://all:4318"), Protocol = OtlpExportProtocol.HttpProtobuf, Headers = "all=1" };

        Signal("LOGS", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://traces:4318", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=").Configure(options);

        Assert.Equal(("http://all:4318/", OtlpExportProtocol.HttpProtobuf, "all=1"), (options.Endpoint.ToString(), options.Protocol, options.Headers));
    }

    private static OtlpSignal Signal(string name, params string[] variables) => new(
        new ConfigurationBuilder()
            .AddInMemoryCollection(variables.Select(variable => variable.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
            .Build(),
        name);
}
