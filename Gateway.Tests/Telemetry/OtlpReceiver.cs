using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opentelemetry.Proto.Collector.Logs.V1;
using Opentelemetry.Proto.Collector.Metrics.V1;
using Opentelemetry.Proto.Collector.Trace.V1;
using Opentelemetry.Proto.Common.V1;
using Opentelemetry.Proto.Logs.V1;
using Opentelemetry.Proto.Metrics.V1;
using Opentelemetry.Proto.Resource.V1;
using Opentelemetry.Proto.Trace.V1;

namespace AngoGateway.Tests.Telemetry;

/// <summary>
/// A collector that keeps what it is sent, over gRPC and over HTTP/protobuf. It decodes with the protocol's own files, so
/// that a fault of the exporter is not undone by its own library.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Received<Span>> _spans = [];
    private readonly List<Received<Metric>> _metrics = [];
    private readonly List<Received<LogRecord>> _logs = [];
    private readonly HashSet<string> _faults = [];
    private readonly WebApplication _app;

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Without TLS nothing negotiates a version: each has a port of its own.
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http2);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<Traces>();
        _app.MapGrpcService<Metrics>();
        _app.MapGrpcService<Logs>();
        _app.MapPost("/v1/traces", http => TakeAsync(http, ExportTraceServiceRequest.Parser, Take, new ExportTraceServiceResponse()));
        _app.MapPost("/v1/metrics", http => TakeAsync(http, ExportMetricsServiceRequest.Parser, Take, new ExportMetricsServiceResponse()));
        _app.MapPost("/v1/logs", http => TakeAsync(http, ExportLogsServiceRequest.Parser, Take, new ExportLogsServiceResponse()));
        _app.MapFallback(http =>
        {
            lock (_lock)
                _faults.Add($"{http.Request.Method} {http.Request.Path} is nothing of OTLP's");
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT with the protocol <c>grpc</c>.</summary>
    public string GrpcUrl => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT with the protocol <c>http/protobuf</c>.</summary>
    public string HttpUrl => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last();

    public IReadOnlyList<Received<Span>> Spans => Copy(_spans);

    /// <summary>Every export of every metric, the newest last.</summary>
    public IReadOnlyList<Received<Metric>> MetricExports => Copy(_metrics);

    public IReadOnlyList<Received<LogRecord>> LogRecords => Copy(_logs);

    /// <summary>Unknown paths, wrong content types.</summary>
    public IReadOnlyCollection<string> Faults
    {
        get
        {
            lock (_lock)
                return [.. _faults];
        }
    }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private T[] Copy<T>(List<T> all)
    {
        lock (_lock)
            return [.. all];
    }

    private void Take(ExportTraceServiceRequest request)
    {
        lock (_lock)
        {
            _spans.AddRange(
                from resource in request.ResourceSpans
                from scope in resource.ScopeSpans
                from span in scope.Spans
                select new Received<Span>(resource.Resource, scope.Scope.Name, span));
        }
    }

    private void Take(ExportMetricsServiceRequest request)
    {
        lock (_lock)
        {
            _metrics.AddRange(
                from resource in request.ResourceMetrics
                from scope in resource.ScopeMetrics
                from metric in scope.Metrics
                select new Received<Metric>(resource.Resource, scope.Scope.Name, metric));
        }
    }

    private void Take(ExportLogsServiceRequest request)
    {
        lock (_lock)
        {
            _logs.AddRange(
                from resource in request.ResourceLogs
                from scope in resource.ScopeLogs
                from record in scope.LogRecords
                select new Received<LogRecord>(resource.Resource, scope.Scope?.Name ?? "", record));
        }
    }

    private async Task TakeAsync<T>(HttpContext http, MessageParser<T> parser, Action<T> take, IMessage answer)
        where T : IMessage<T>
    {
        if (http.Request.ContentType != "application/x-protobuf")
        {
            lock (_lock)
                _faults.Add($"{http.Request.Path} with {http.Request.ContentType}");
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        take(parser.ParseFrom(body.ToArray()));
        http.Response.ContentType = "application/x-protobuf";
        await http.Response.Body.WriteAsync(answer.ToByteArray());
    }

    private sealed class Traces(OtlpReceiver receiver) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }

    private sealed class Metrics(OtlpReceiver receiver) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportMetricsServiceResponse());
        }
    }

    private sealed class Logs(OtlpReceiver receiver) : LogsService.LogsServiceBase
    {
        public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportLogsServiceResponse());
        }
    }
}

/// <summary>One span, metric or log record, with whose it is.</summary>
internal sealed record Received<T>(Resource? Resource, string Scope, T Item);

/// <summary>Ids as text, attributes by name.</summary>
internal static class OtlpText
{
    /// <summary>Lowercase hex, as in a traceparent.</summary>
    public static string Hex(this ByteString id) => Convert.ToHexStringLower(id.Span);

    /// <summary>The attribute's value as text, or null when there is none.</summary>
    public static string? Get(this RepeatedField<KeyValue> attributes, string name) =>
        attributes.FirstOrDefault(attribute => attribute.Key == name)?.Value is not { } value ? null : value.ValueCase switch
        {
            AnyValue.ValueOneofCase.StringValue => value.StringValue,
            AnyValue.ValueOneofCase.IntValue => $"{value.IntValue}",
            AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
            AnyValue.ValueOneofCase.DoubleValue => $"{value.DoubleValue}",
            _ => value.ToString(),
        };
}
