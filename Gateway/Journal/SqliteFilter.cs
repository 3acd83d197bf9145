using System.Globalization;

namespace AngoGateway.Journal;

/// <summary>An operator's filter as SQL over <c>delivery AS d</c> and <c>event AS e</c>, or over events alone.</summary>
/// <remarks>States are written out instead of bound: only so does SQLite see that a partial index serves.</remarks>
internal sealed class SqliteFilter
{
    private readonly List<string> _terms = [];
    private readonly List<object> _values = [];

    public SqliteFilter(JournalFilter filter)
    {
        OfEvents = filter.State is ItemState.Unrouted or ItemState.Quarantined;
        if (OfEvents)
            Term(filter.State == ItemState.Unrouted ? "e.disposition = 1" : "e.disposition = 2");
        else if (filter.State is { } state)
            Term($"d.state = {(int)state}");

        if (OfEvents && (filter.Consumer is not null || filter.Orphaned is not null))
            Term("0");
        else if (filter.Consumer is { } consumer)
            Term("d.consumer = ?", consumer);

        foreach (var known in OfEvents ? [] : filter.Orphaned ?? [])
            Term("d.consumer <> ?", known);

        if (filter.EventId is { } id)
            Term("e.seq = (SELECT seq FROM event WHERE id = ?)", id);
        if (filter.From is { } from)
            Term("e.received_at >= ?", from);
        if (filter.To is { } to)
            Term("e.received_at < ?", to);
        if (filter.Source is { } source)
            Term("e.source = ?", source);
        if (filter.Project is { } project)
            Term("e.project = ?", project);
        if (filter.Stage is { } stage)
            Term("(e.stage = ? OR e.stage_id = ? OR e.stage_name = ?)", stage, stage, stage);
    }

    /// <summary>It asks for events without deliveries.</summary>
    public bool OfEvents { get; }

    public string From => OfEvents ? "event AS e" : "delivery AS d JOIN event AS e ON e.seq = d.event_seq";

    public string Seq => OfEvents ? "e.seq" : "d.event_seq";

    public string Where => _terms.Count == 0 ? "1" : string.Join(" AND ", _terms);

    /// <summary>Where the next page of newest-first goes on.</summary>
    /// <exception cref="ArgumentException">It is no cursor of ours.</exception>
    public void After(string cursor)
    {
        var parts = cursor.Split('.', 3);
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            throw new ArgumentException("Not a cursor of this journal.", nameof(cursor));

        if (OfEvents)
            Term("e.seq < ?", seq);
        else if (parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var replay))
            Term("(d.event_seq, d.consumer, d.replay) < (?, ?, ?)", seq, parts[2], (long)replay);
        else
            throw new ArgumentException("Not a cursor of this journal.", nameof(cursor));
    }

    public void Between(long after, long last)
    {
        Term($"{Seq} > ?", after);
        Term($"{Seq} <= ?", last);
    }

    public SqliteStatement Bind(SqliteStatement statement)
    {
        foreach (var value in _values)
        {
            _ = value switch
            {
                string text => statement.With(text),
                long number => statement.With(number),
                Guid id => statement.With(id),
                DateTimeOffset time => statement.With(time),
                _ => throw new InvalidOperationException(value.GetType().Name),
            };
        }

        return statement;
    }

    private void Term(string sql, params ReadOnlySpan<object> values)
    {
        _terms.Add(sql);
        _values.AddRange(values);
    }
}
