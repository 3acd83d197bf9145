using System.Globalization;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>An operator's filter as SQL over <c>delivery AS d</c> and <c>event AS e</c>, or over events alone.</summary>
/// <remarks>States are written out instead of bound: only so is it seen that a partial index serves.</remarks>
internal sealed class PostgresFilter
{
    private readonly List<string> _terms = [];
    private readonly List<Action<NpgsqlBatchCommand>> _values = [];

    public PostgresFilter(JournalFilter filter)
    {
        OfEvents = filter.State is ItemState.Unrouted or ItemState.Quarantined;
        if (OfEvents)
            _terms.Add(filter.State == ItemState.Unrouted ? "e.disposition = 1" : "e.disposition = 2");
        else if (filter.State is { } state)
            _terms.Add(string.Create(CultureInfo.InvariantCulture, $"d.state = {(int)state}"));

        if (OfEvents && (filter.Consumer is not null || filter.Orphaned is not null))
            _terms.Add("false");
        else if (filter.Consumer is { } consumer)
            Term($"d.consumer = {Next}", consumer);

        if (!OfEvents && filter.Orphaned is { } known)
            Term($"d.consumer <> ALL({Next})", known.ToArray());
        if (filter.EventId is { } id)
            Term($"e.id = {Next}", id);
        if (filter.From is { } from)
            Term($"e.received_at >= {Next}", from.ToUnixTimeMilliseconds());
        if (filter.To is { } to)
            Term($"e.received_at < {Next}", to.ToUnixTimeMilliseconds());
        if (filter.Source is { } source)
            Term($"e.source = {Next}", source);
        if (filter.Project is { } project)
            Term($"e.project = {Next}", PostgresSql.Encode(project)!);
        if (filter.Stage is { } stage)
            Term($"{Next} IN (e.stage, e.stage_id, e.stage_name)", PostgresSql.Encode(stage)!);
    }

    /// <summary>It asks for events without deliveries.</summary>
    public bool OfEvents { get; }

    public string From => OfEvents ? "event AS e" : "delivery AS d JOIN event AS e ON e.id = d.event_id AND e.seq = d.seq";

    public string Seq => OfEvents ? "e.seq" : "d.seq";

    public string Where => _terms.Count == 0 ? "true" : string.Join(" AND ", _terms);

    /// <summary>The number of the parameter that comes after <see cref="Bind"/>'s.</summary>
    public string Next => string.Create(CultureInfo.InvariantCulture, $"${_values.Count + 1}");

    /// <summary>Where the next page of newest-first goes on.</summary>
    /// <exception cref="ArgumentException">It is no cursor of ours.</exception>
    public void After(string cursor)
    {
        var parts = cursor.Split('.', 3);
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            throw new ArgumentException("Not a cursor of this journal.", nameof(cursor));

        if (OfEvents)
        {
            Term($"e.seq < {Next}", seq);
            return;
        }

        if (parts.Length != 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var replay))
            throw new ArgumentException("Not a cursor of this journal.", nameof(cursor));

        // The first comparison is a bound for an index, the second one is exact.
        Term($"d.seq <= {Next}", seq);
        _terms.Add(string.Create(CultureInfo.InvariantCulture, $"(d.seq, d.consumer, d.replay) < (${_values.Count}, ${_values.Count + 1}, ${_values.Count + 2})"));
        _values.Add(command => command.With(parts[2]));
        _values.Add(command => command.With(replay));
    }

    public void Between(long after, long last)
    {
        Term($"{Seq} > {Next}", after);
        Term($"{Seq} <= {Next}", last);
    }

    public NpgsqlBatchCommand Bind(NpgsqlBatchCommand command)
    {
        _values.ForEach(bind => bind(command));
        return command;
    }

    private void Term<T>(string sql, T value)
        where T : notnull
    {
        _terms.Add(sql);
        _values.Add(command => command.With(value));
    }
}
