using AngoGateway.Envelopes;

namespace AngoGateway.Journal;

/// <summary>An event's columns and how they are read.</summary>
internal static class SqliteEvents
{
    /// <summary>Of the table under the alias <c>e</c>; <see cref="Read"/> wants them in this order.</summary>
    public const string Columns =
        """
        e.id, e.key_updated_at, e.key_digest, e.key_by_content, e.received_at, e.source,
        e.project, e.task, e.stage, e.stage_id, e.stage_name, e.updated_at, e.batches, e.batch_names,
        e.disposition, e.content_type, e.signature_header, e.signature, e.trace_parent, e.trace_state
        """;

    public const int Count = 20;

    /// <param name="row">A statement that stands on a row.</param>
    /// <param name="at">Number of the first of the columns.</param>
    public static StoredEvent Read(SqliteStatement row, int at) => new(
        row.Guid(at),
        new EventKey(row.Int64(at + 1), row.UInt128(at + 2), ByContent: row.Int32(at + 3) != 0),
        row.Time(at + 4),
        row.Text(at + 5)!,
        new Envelope(
            row.Text(at + 6), row.Text(at + 7), row.Text(at + 8), row.Text(at + 9), row.Text(at + 10), row.Text(at + 11),
            row.Strings(at + 12), row.Strings(at + 13)),
        (Disposition)row.Int32(at + 14),
        row.Text(at + 15), row.Text(at + 16), row.Text(at + 17), row.Text(at + 18), row.Text(at + 19));
}
