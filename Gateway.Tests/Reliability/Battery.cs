using System.Globalization;
using System.Text.Json.Nodes;
using AngoGateway.Tests.Support;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Reliability;

/// <summary>
/// What the rows of docs/reliability.md share. In the ordinary suite each row runs in a short form that asserts what must
/// hold on any machine; <c>eng/reliability</c> runs the full form, asserts the figures too, and writes them down.
/// </summary>
internal static class Battery
{
    /// <summary>How long the slowest machine may take for what is waited for; nothing is measured with it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>GATEWAY_BATTERY=full.</summary>
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("GATEWAY_BATTERY") == "full";

    public static int Seed { get; } = 20261123;

    public static int Size(int shortForm, int full) => IsFull ? full : shortForm;

    /// <summary>One row of the table of measured figures, for the file that GATEWAY_BATTERY_REPORT names.</summary>
    public static void Report(string row, FormattableString figures)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_BATTERY_REPORT") is { Length: > 0 } path)
            File.AppendAllText(path, $"| {row} | {figures.ToString(CultureInfo.InvariantCulture)} |\n");
    }

    /// <summary>A figure that depends on the machine: asserted in the full form only.</summary>
    public static void Figure(bool holds, FormattableString what)
    {
        if (IsFull)
            Assert.True(holds, what.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>One consumer that gets everything.</summary>
    /// <param name="url">Its address.</param>
    /// <param name="delivery">The body of its <c>delivery</c>; the defaults when left out.</param>
    /// <param name="journal">Path of the journal; beside gateway.json when left out.</param>
    public static string Config(string url, string? delivery = null, string? journal = null) =>
        Config([("all", url, delivery)], journal);

    /// <summary>Consumers that each get everything.</summary>
    public static string Config((string Name, string Url, string? Delivery)[] consumers, string? journal = null)
    {
        var config = new JsonObject
        {
            ["consumers"] = new JsonObject(consumers.Select(consumer => KeyValuePair.Create<string, JsonNode?>(consumer.Name, new JsonObject
            {
                ["url"] = consumer.Url,
                ["delivery"] = JsonNode.Parse($"{{ {consumer.Delivery} }}"),
            }))),
            ["routes"] = new JsonArray(new JsonObject { ["match"] = new JsonObject(), ["to"] = new JsonArray([.. consumers.Select(consumer => (JsonNode)consumer.Name)]) }),
        };
        if (journal is not null)
            config["journal"] = new JsonObject { ["type"] = "sqlite", ["path"] = journal };
        return GatewayHost.Complete(config.ToJsonString());
    }

    /// <summary>Asks a journal's file, as a person with the sqlite3 tool would.</summary>
    public static IReadOnlyList<string> Ask(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        return rows;
    }

    public static string Integrity(string file) => string.Join("; ", Ask(file, "PRAGMA integrity_check"));

    public static TimeSpan Percentile(IEnumerable<TimeSpan> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }

    /// <summary>How long each acknowledged event took from when it ought to have been sent to its first arrival.</summary>
    public static IReadOnlyList<TimeSpan> Lags(Load load, IEnumerable<Arrival> arrivals)
    {
        var first = new Dictionary<Guid, DateTimeOffset>();
        foreach (var arrival in arrivals)
            first.TryAdd(arrival.EventId, arrival.At);
        return [.. load.Sent.Where(sent => first.ContainsKey(sent.Key)).Select(sent => first[sent.Key] - sent.Value)];
    }

    /// <summary>Arrivals of events that had arrived before; all arrivals of one event must carry one delivery id.</summary>
    public static IReadOnlyList<Arrival> Repeats(IReadOnlyList<Arrival> arrivals)
    {
        var seen = new Dictionary<Guid, string>();
        var repeats = new List<Arrival>();
        foreach (var arrival in arrivals.Where(arrival => !seen.TryAdd(arrival.EventId, arrival.DeliveryId)))
        {
            Assert.Equal(seen[arrival.EventId], arrival.DeliveryId);
            repeats.Add(arrival);
        }

        return repeats;
    }
}

internal static class Sequences
{
    public static IEnumerable<(T First, T Second)> Pairwise<T>(this IEnumerable<T> values) => values.Zip(values.Skip(1));
}
