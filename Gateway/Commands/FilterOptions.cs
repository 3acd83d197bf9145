using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using AngoGateway.Envelopes;
using AngoGateway.Operator;

namespace AngoGateway.Commands;

/// <summary>The options that say which deliveries or events are meant; <c>items</c>, <c>replay</c> and <c>discard</c> share them.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _state = Text(
        "--state", "pending, delivered, dead, superseded, replayed, discarded, unrouted or quarantined.", "STATE");

    private readonly Option<string?> _consumer = Text("--consumer", "Deliveries to this consumer.", "NAME");
    private readonly Option<string?> _source = Text("--source", "Events of this source.", "NAME");
    private readonly Option<string?> _project = Text("--project", "Events of this project.", "ID");
    private readonly Option<string?> _stage = Text("--stage", "Events of this stage (stage, stage id or stage name, exactly).", "NAME");
    private readonly Option<string?> _event = Text("--event", "One event.", "ID");
    private readonly Option<DateTimeOffset?> _from = Time("--from", "Accepted at or after this time (ISO 8601; UTC unless it says otherwise).");
    private readonly Option<DateTimeOffset?> _until = Time("--until", "Accepted before this time.");
    private readonly Option<bool> _orphaned = new("--orphaned") { Description = "Only deliveries to consumers that the configuration names no more." };
    private readonly Option<string?>? _delivery;

    /// <param name="command">Gets the options.</param>
    /// <param name="withDelivery">Whether one delivery may be named by its id.</param>
    public FilterOptions(Command command, bool withDelivery)
    {
        Option[] all = [_state, _consumer, _source, _project, _stage, _event, _from, _until, _orphaned];
        foreach (var option in all)
            command.Add(option);

        if (withDelivery)
        {
            _delivery = Text("--delivery", "One delivery, as X-Gateway-Delivery-Id and the log name it.", "ID");
            command.Add(_delivery);
        }
    }

    public FilterView Read(ParseResult parsed) => new(
        parsed.GetValue(_state),
        parsed.GetValue(_consumer),
        parsed.GetValue(_source),
        parsed.GetValue(_project),
        parsed.GetValue(_stage),
        parsed.GetValue(_from),
        parsed.GetValue(_until),
        parsed.GetValue(_event),
        parsed.GetValue(_orphaned) ? true : null,
        _delivery is null ? null : parsed.GetValue(_delivery));

    /// <summary>The same as a query string, without its question mark.</summary>
    public string Query(ParseResult parsed)
    {
        var view = Read(parsed);
        (string Key, string? Value)[] pairs =
        [
            ("state", view.State), ("consumer", view.Consumer), ("source", view.Source), ("project", view.Project), ("stage", view.Stage),
            ("from", view.From?.ToString("O")), ("to", view.To?.ToString("O")), ("event", view.Event), ("orphaned", view.Orphaned is true ? "true" : null),
        ];
        return string.Join('&', pairs.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!)}"));
    }

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };

    private static Option<DateTimeOffset?> Time(string name, string description) =>
        new(name) { Description = description, HelpName = "TIME", CustomParser = Instant };

    private static DateTimeOffset? Instant(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (IsoInstant.Parse(text) is { } instant)
            return instant;

        if (DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day))
            return day;

        result.AddError($"'{Terminal.Clean(text)}' is no time: write ISO 8601, e.g. 2026-03-11T08:41:17Z or 2026-03-11.");
        return null;
    }
}
