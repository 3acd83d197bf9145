using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace AngoGateway.Journal.Postgres;

/// <summary>How our values look in columns, and the shortest way to bind them.</summary>
internal static class PostgresSql
{
    /// <summary>$1 in Unix milliseconds, or the database's clock when it is null. Stable within a statement: it may bound a seek.</summary>
    public const string Now = "coalesce($1, floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint)";

    /// <summary>updated_us of an event whose updatedAt is absent or not a time: before every other.</summary>
    public const long Untimed = long.MinValue;

    private const char Escape = '\u001A';

    /// <summary>
    /// Bounds a column of event ids by a sorted array of them: by index, whatever it is joined with and whatever is known of
    /// the table, and by its ends to the few partitions that they lie in.
    /// </summary>
    /// <param name="column">Of a partitioned table.</param>
    /// <param name="ids">An expression of type uuid[], sorted.</param>
    public static string Among(string column, string ids) =>
        $"{column} = ANY(({ids})::uuid[]) AND {column} >= ({ids})[1] AND {column} <= ({ids})[cardinality({ids})]";

    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    /// <summary>Binds the next of $1, $2, …</summary>
    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
        where T : notnull
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, long? value) => command.Bind(NpgsqlDbType.Bigint, value);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, DateTimeOffset? value) =>
        command.Bind(NpgsqlDbType.Bigint, value?.ToUnixTimeMilliseconds());

    public static long? Ms(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static DateTimeOffset Time(this NpgsqlDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    public static int? Int32OrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static string? Text(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : Decode(row.GetString(column));

    public static string[] Strings(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? [] : JsonSerializer.Deserialize<string[]>(row.GetString(column))!;

    public static string? Json(string[] values) => values.Length == 0 ? null : JsonSerializer.Serialize(values);

    public static Guid Uuid(UInt128 digest)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, digest);
        return new Guid(bytes, bigEndian: true);
    }

    public static Guid? Uuid(UInt128? digest) => digest is { } some ? Uuid(some) : null;

    public static UInt128 Digest(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>PostgreSQL's text cannot hold U+0000: it is written as U+001A and 0, and U+001A twice. Half a surrogate pair becomes U+FFFD.</summary>
    public static string? Encode(string? text)
    {
        if (text is null)
            return null;

        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

        return text.AsSpan().ContainsAny('\0', Escape)
            ? text.Replace($"{Escape}", $"{Escape}{Escape}", StringComparison.Ordinal).Replace("\0", $"{Escape}0", StringComparison.Ordinal)
            : text;
    }

    public static string Decode(string text)
    {
        if (!text.Contains(Escape, StringComparison.Ordinal))
            return text;

        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
            plain.Append(text[at] != Escape ? text[at] : text[++at] == '0' ? '\0' : Escape);

        return plain.ToString();
    }

    private static NpgsqlBatchCommand Bind(this NpgsqlBatchCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }
}
