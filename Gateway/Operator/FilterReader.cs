using System.Globalization;
using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Operator;

/// <summary>A filter as read.</summary>
/// <param name="Filter">Meaningless beside faults.</param>
/// <param name="Delivery">The delivery that <c>delivery</c> named; the filter then fits its event, consumer and state.</param>
/// <param name="Faults">Everything that is wrong, in words that say what to write instead.</param>
internal sealed record FilterReading(JournalFilter Filter, DeliveryHistory? Delivery, IReadOnlyList<string> Faults);

/// <summary>Reads filters, the same way from a query string and from a JSON object.</summary>
internal sealed class FilterReader(LiveSnapshot live, IJournalOperations operations)
{
    public static readonly string[] Keys = ["state", "consumer", "source", "project", "stage", "from", "to", "event", "orphaned", "delivery"];

    private static readonly string[] Forms =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    // A delivery id is "{event}.{consumer}[.{n}]"; the event's is a GUID of 36 characters.
    private const int EventIdLength = 36;

    /// <param name="given">Keys with their texts; a null text is a value of a wrong type.</param>
    /// <param name="others">Keys that may stand beside a filter's and are read by somebody else.</param>
    /// <param name="cancellationToken">Abandons look-ups in the journal.</param>
    public async Task<FilterReading> ReadAsync(
        IEnumerable<(string Key, string? Text)> given, IReadOnlyCollection<string> others, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var filter = new JournalFilter();
        string? deliveryId = null;
        foreach (var (key, text) in given.Where(pair => !others.Contains(pair.Key)))
        {
            if (!Keys.Contains(key))
                faults.Add($"unknown key \"{key}\": {Spelling.Advice(key, [.. Keys, .. others])}");
            else if (string.IsNullOrEmpty(text))
                faults.Add($"{key}: write a text, or leave it out");
            else if (key == "delivery")
                deliveryId = text;
            else
                filter = With(filter, key, text, faults);
        }

        if (filter is { From: { } from, To: { } to } && from >= to)
            faults.Add("from: is not before to, so nothing lies between them");

        if (filter.Consumer is { } consumer && faults.Count == 0)
            await MustBeKnownAsync(consumer, faults, cancellationToken);

        return deliveryId is null || faults.Count > 0
            ? new FilterReading(filter, null, faults)
            : await OneDeliveryAsync(deliveryId, filter, cancellationToken);
    }

    /// <summary>A query string's pairs; a key that stands twice comes without a text.</summary>
    public static IEnumerable<(string Key, string? Text)> Pairs(IQueryCollection query) =>
        query.Select(pair => (pair.Key, pair.Value.Count == 1 ? pair.Value[0] : null));

    /// <summary>A state's name as the API writes it.</summary>
    public static string Name(ItemState state) => state.ToString().ToLowerInvariant();

    private JournalFilter With(JournalFilter filter, string key, string text, List<string> faults) => key switch
    {
        "state" => filter with { State = State(text, faults) },
        "consumer" => filter with { Consumer = text },
        "source" => filter with { Source = text },
        "project" => filter with { Project = text },
        "stage" => filter with { Stage = text },
        "from" => filter with { From = Instant(key, text, faults) },
        "to" => filter with { To = Instant(key, text, faults) },
        "event" => filter with { EventId = Id(text, faults) },
        "orphaned" => filter with { Orphaned = IsTrue(text, faults) ? [.. live.Current.Consumers.Keys] : null },
        _ => throw new InvalidOperationException($"{key} has no reader."),
    };

    private async Task<FilterReading> OneDeliveryAsync(string id, JournalFilter beside, CancellationToken cancellationToken)
    {
        if (beside != new JournalFilter())
            return new FilterReading(beside, null, ["delivery: stands alone, since it names one already"]);

        var history = id.Length > EventIdLength && Guid.TryParse(id[..EventIdLength], out var eventId)
            ? await operations.ReadEventAsync(eventId, cancellationToken)
            : null;
        // Consumers' names may hold dots and digits: only the journal knows where the name ends.
        var delivery = history?.Deliveries.FirstOrDefault(one => one.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
        return delivery is null
            ? new FilterReading(beside, null, ["delivery: there is none of that id; it looks like 0198c5a0-0000-7000-8000-000000000000.training"])
            : new FilterReading(
                new JournalFilter(Enum.Parse<ItemState>(delivery.State.ToString()), Consumer: delivery.Consumer, EventId: history!.Event.Id),
                delivery,
                []);
    }

    // A slip in a name would look like "nothing is wrong there". Removed consumers are known by what they left.
    private async Task MustBeKnownAsync(string consumer, List<string> faults, CancellationToken cancellationToken)
    {
        if (live.Current.Consumers.ContainsKey(consumer))
            return;

        var known = (await operations.BacklogsAsync(cancellationToken)).Select(row => row.Consumer)
            .Union(live.Current.Consumers.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (!known.Contains(consumer, StringComparer.Ordinal))
            faults.Add($"consumer: \"{consumer}\" is unknown here: {Spelling.Advice(consumer, known)}");
    }

    private static ItemState? State(string text, List<string> faults)
    {
        var states = Enum.GetValues<ItemState>();
        foreach (var state in states.Where(state => Name(state) == text))
            return state;

        faults.Add($"state: \"{text}\" is none: {Spelling.Advice(text, [.. states.Select(Name)])}");
        return null;
    }

    private static DateTimeOffset? Instant(string key, string text, List<string> faults)
    {
        if (DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            return instant;

        faults.Add($"{key}: \"{text}\" is no time: write ISO 8601, e.g. 2026-03-11T08:41:17Z or 2026-03-11 (a + in a query string is %2B)");
        return null;
    }

    private static Guid? Id(string text, List<string> faults)
    {
        if (Guid.TryParseExact(text, "D", out var id))
            return id;

        faults.Add($"event: \"{text}\" is no event id: it looks like 0198c5a0-0000-7000-8000-000000000000");
        return null;
    }

    private static bool IsTrue(string text, List<string> faults)
    {
        if (text is not ("true" or "false"))
            faults.Add($"orphaned: \"{text}\" is neither true nor false");

        return text == "true";
    }
}
