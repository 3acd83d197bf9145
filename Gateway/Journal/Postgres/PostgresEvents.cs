using AngoGateway.Envelopes;
using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>An event's columns: how they are read, and how many events are written at once.</summary>
internal static class PostgresEvents
{
    /// <summary>Of the table under the alias <c>e</c>; <see cref="Read"/> wants them in this order.</summary>
    public const string Columns =
        """
        e.id, e.key_updated_at, e.key_digest, e.key_by_content, e.received_at, e.source,
        e.project, e.task, e.stage, e.stage_id, e.stage_name, e.updated_at, e.batches, e.batch_names,
        e.disposition, e.content_type, e.signature_header, e.signature, e.trace_parent, e.trace_state
        """;

    public const int Count = 20;

    /// <summary>Names for <see cref="Bind"/>'s arrays.</summary>
    public const string Written =
        """
        id, key_updated_at, key_digest, key_by_content, received_at, size, disposition, source, project, task, stage, stage_id,
        stage_name, updated_at, batches, batch_names, content_type, signature_header, signature, trace_parent, trace_state
        """;

    public const int WrittenCount = 21;

    /// <param name="row">A reader that stands on a row.</param>
    /// <param name="at">Number of the first of the columns.</param>
    public static StoredEvent Read(NpgsqlDataReader row, int at) => new(
        row.GetGuid(at),
        new EventKey(row.GetInt64(at + 1), PostgresSql.Digest(row.GetGuid(at + 2)), ByContent: row.GetBoolean(at + 3)),
        row.Time(at + 4),
        row.Text(at + 5)!,
        new Envelope(
            row.Text(at + 6), row.Text(at + 7), row.Text(at + 8), row.Text(at + 9), row.Text(at + 10), row.Text(at + 11),
            row.Strings(at + 12), row.Strings(at + 13)),
        (Disposition)row.GetInt16(at + 14),
        row.Text(at + 15), row.Text(at + 16), row.Text(at + 17), row.Text(at + 18), row.Text(at + 19));

    /// <summary>Binds one array per column.</summary>
    public static NpgsqlBatchCommand Bind(NpgsqlBatchCommand command, IReadOnlyList<(StoredEvent Event, int Size)> events) => command
        .With(Of(events, e => e.Id))
        .With(Of(events, e => e.Key.UpdatedAtMs))
        .With(Of(events, e => PostgresSql.Uuid(e.Key.Digest)))
        .With(Of(events, e => e.Key.ByContent))
        .With(Of(events, e => e.ReceivedAt.ToUnixTimeMilliseconds()))
        .With(events.Select(row => row.Size).ToArray())
        .With(Of(events, e => (short)e.Disposition))
        .With(Of(events, e => e.Source))
        .With(Texts(events, e => e.Envelope.Project))
        .With(Texts(events, e => e.Envelope.TaskId))
        .With(Texts(events, e => e.Envelope.Stage))
        .With(Texts(events, e => e.Envelope.StageId))
        .With(Texts(events, e => e.Envelope.StageName))
        .With(Texts(events, e => e.Envelope.UpdatedAt))
        .With(Of(events, e => PostgresSql.Json(e.Envelope.Batches)))
        .With(Of(events, e => PostgresSql.Json(e.Envelope.BatchNames)))
        .With(Texts(events, e => e.ContentType))
        .With(Texts(events, e => e.SignatureHeader))
        .With(Texts(events, e => e.Signature))
        .With(Texts(events, e => e.TraceParent))
        .With(Texts(events, e => e.TraceState));

    private static T[] Of<T>(IReadOnlyList<(StoredEvent Event, int Size)> events, Func<StoredEvent, T> column)
    {
        var values = new T[events.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = column(events[i].Event);

        return values;
    }

    private static string?[] Texts(IReadOnlyList<(StoredEvent Event, int Size)> events, Func<StoredEvent, string?> column) =>
        Of(events, e => PostgresSql.Encode(column(e)));
}
