using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opentelemetry.Proto.Collector.Logs.V1;
using Opentelemetry.Proto.Collector.Metrics.V1;
using Opentelemetry.Proto.Collector.Trace.V1;

namespace AngoGateway.Bench;

/// <summary>An OTLP collector over gRPC that decodes what it is sent, as any would, counts it, and lets go of it.</summary>
internal static class Collector
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Tally>();
        await using var app = builder.Build();
        app.MapGrpcService<Traces>();
        app.MapGrpcService<Metrics>();
        app.MapGrpcService<Logs>();
        app.MapGet("/counts", static (Tally tally) => $"; the collector got {tally.Spans} spans, {tally.Metrics} metrics, {tally.Records} log records");
        await app.StartAsync();
        Console.WriteLine($"ready at {string.Join(" and ", app.Urls)}");
        // Ends with whoever started it.
        await Console.In.ReadToEndAsync();
    }

    /// <summary>In words what the collector at this second address got so far.</summary>
    public static async Task<string> CountsAsync(Uri address)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(address, "counts"));
    }

    private sealed class Tally
    {
        private long _spans;
        private long _metrics;
        private long _records;

        public long Spans => Volatile.Read(ref _spans);

        public long Metrics => Volatile.Read(ref _metrics);

        public long Records => Volatile.Read(ref _records);

        public void AddSpans(long count) => Interlocked.Add(ref _spans, count);

        public void AddMetrics(long count) => Interlocked.Add(ref _metrics, count);

        public void AddRecords(long count) => Interlocked.Add(ref _records, count);
    }

    private sealed class Traces(Tally tally) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            tally.AddSpans(request.ResourceSpans.Sum(resource => resource.ScopeSpans.Sum(scope => scope.Spans.Count)));
            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }

    private sealed class Metrics(Tally tally) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
        {
            tally.AddMetrics(request.ResourceMetrics.Sum(resource => resource.ScopeMetrics.Sum(scope => scope.Metrics.Count)));
            return Task.FromResult(new ExportMetricsServiceResponse());
        }
    }

    private sealed class Logs(Tally tally) : LogsService.LogsServiceBase
    {
        public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context)
        {
            tally.AddRecords(request.ResourceLogs.Sum(resource => resource.ScopeLogs.Sum(scope => scope.LogRecords.Count)));
            return Task.FromResult(new ExportLogsServiceResponse());
        }
    }
}
