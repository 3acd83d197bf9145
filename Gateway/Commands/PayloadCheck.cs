using System.Text.Encodings.Web;
using System.Text.Json;
using AngoGateway.Configuration;
using AngoGateway.Consumers;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using AngoGateway.Routing;

namespace AngoGateway.Commands;

/// <summary>Shows what the gateway reads from a payload and where it would send it: the inbound half without the network.</summary>
internal sealed class PayloadCheck(GatewayConfig config, TimeProvider timeProvider)
{
    // Quotes mark where a value ends, and escapes keep a payload's control characters from steering the terminal.
    private static readonly JsonSerializerOptions Shown = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>The exit code: 0 when the payload would be taken, delivered or not.</returns>
    public int Run(string path, string? sourceName, TextWriter output, TextWriter error)
    {
        if (SourceOf(sourceName, out var fault) is not { } source)
            return Fail(error, fault!);

        var limits = Limits.From(config.Limits ?? new LimitsConfig());
        var file = FileReading.Of(path, limits.BodyBytes);
        if (file.Bytes is not { } payload)
            return Fail(error, $"{path} {file.Fault}{(file.IsTooLarge ? " (limits.bodyBytes): it would be answered 413" : "")}");

        var reading = EnvelopeReader.Read(payload);
        if (reading.Envelope is not { } envelope)
            return Fail(error, $"{path} would be answered 400: {reading.Fault}");

        envelope = envelope with { Project = envelope.Project ?? config.Sources[source].Project };
        PrintEnvelope(path, payload.Length, source, envelope, EventKey.Of(source, envelope, payload), output);
        PrintRoutes(source, envelope, output);
        return 0;
    }

    private string? SourceOf(string? name, out string? fault)
    {
        name ??= config.Sources.Count == 1 ? config.Sources.Keys.Single() : null;
        fault = name is null
            ? $"gateway.json has {config.Sources.Count} sources: write --source with one of {Spelling.List(config.Sources.Keys)}"
            : config.Sources.ContainsKey(name) ? null : $"unknown source {Quoted(name)}: {Spelling.Advice(name, config.Sources.Keys)}";
        return fault is null ? name : null;
    }

    private static void PrintEnvelope(string path, int length, string source, Envelope envelope, EventKey key, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"Envelope of {path} ({length} bytes) at source {source}");
        (string Name, string? Value)[] fields =
        [
            ("project", envelope.Project), ("taskId", envelope.TaskId), ("stage", envelope.Stage),
            ("stageId", envelope.StageId), ("stageName", envelope.StageName), ("updatedAt", envelope.UpdatedAt),
        ];
        foreach (var (name, value) in fields)
            output.WriteLine($"  {name,-11} {(value is null ? "-" : Quoted(value))}");

        output.WriteLine($"  {"batches",-11} {ListOf(envelope.Batches)}");
        output.WriteLine($"  {"batchNames",-11} {ListOf(envelope.BatchNames)}");
        output.WriteLine($"  {"key",-11} {key.UpdatedAtMs:x16}{key.Digest:x32}"
            + (key.ByContent ? " (of its bytes: taskId or updatedAt is missing)" : ""));
    }

    private void PrintRoutes(string source, Envelope envelope, TextWriter output)
    {
        var consumers = config.Consumers.ToDictionary(consumer => consumer.Key, consumer => Consumer.Compile(consumer.Key, consumer.Value));
        var table = RouteTable.Compile(config.Routes ?? [], consumers);
        output.WriteLine();
        output.WriteLine("Routes");
        foreach (var route in table.Explain(source, envelope))
        {
            output.WriteLine(route.Matches
                ? $"  yes  {Clean(route.Route)} → {string.Join(", ", route.To)}"
                : $"  no   {Clean(route.Route)}: {Clean(route.Reason ?? "")}");
        }

        var match = table.Match(source, envelope);
        var keys = Retention.From(config.Retention ?? new RetentionConfig()).Keys;
        output.WriteLine();
        output.WriteLine(match switch
        {
            _ when timeProvider.GetUtcNow() - envelope.UpdatedAtInstant > keys =>
                $"Quarantined: updatedAt is older than retention.keys ({keys:c}), so nobody gets it before a person releases it.",
            { IsUnrouted: true } => "Nobody gets it: it is kept as unrouted.",
            { Proxy: { } live } => $"Answered live by {live.Name}" + (match.Queue.Length > 0 ? $"; queued for {Names(match.Queue)}." : "."),
            _ => $"Queued for {Names(match.Queue)}.",
        });
    }

    private static string Names(Consumer[] consumers) => string.Join(", ", consumers.Select(consumer => consumer.Name));

    private static string ListOf(string[] texts) => texts.Length == 0 ? "-" : string.Join(", ", texts.Select(Quoted));

    private static string Quoted(string text) => Clean(JsonSerializer.Serialize(text, Shown));

    private static string Clean(string text) => Terminal.Clean(text, int.MaxValue);

    private static int Fail(TextWriter error, string message)
    {
        error.WriteLine(message);
        return 1;
    }
}
