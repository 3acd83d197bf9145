using System.Buffers.Binary;
using System.Text.Json;

namespace AngoGateway.Journal;

/// <summary>How our values look in columns. A blob is big-endian, so that bytes sort as the values do; a time is Unix milliseconds.</summary>
internal static class SqliteEncoding
{
    public static SqliteStatement With(this SqliteStatement statement, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return statement.With(bytes);
    }

    public static SqliteStatement With(this SqliteStatement statement, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return statement.With(bytes);
    }

    public static SqliteStatement With(this SqliteStatement statement, UInt128? value) =>
        value is { } digest ? statement.With(digest) : statement.With((string?)null);

    public static SqliteStatement With(this SqliteStatement statement, DateTimeOffset? value) =>
        statement.With(value?.ToUnixTimeMilliseconds());

    public static SqliteStatement With(this SqliteStatement statement, DateTimeOffset value) =>
        statement.With(value.ToUnixTimeMilliseconds());

    public static SqliteStatement With(this SqliteStatement statement, string[] values) =>
        statement.With(values.Length == 0 ? null : JsonSerializer.Serialize(values));

    public static Guid Guid(this SqliteStatement statement, int column) => new(statement.Blob(column), bigEndian: true);

    public static UInt128 UInt128(this SqliteStatement statement, int column) =>
        BinaryPrimitives.ReadUInt128BigEndian(statement.Blob(column));

    public static DateTimeOffset Time(this SqliteStatement statement, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(statement.Int64(column));

    public static DateTimeOffset? TimeOrNull(this SqliteStatement statement, int column) =>
        statement.IsNull(column) ? null : statement.Time(column);

    public static int? Int32OrNull(this SqliteStatement statement, int column) =>
        statement.IsNull(column) ? null : statement.Int32(column);

    public static UInt128? UInt128OrNull(this SqliteStatement statement, int column) =>
        statement.IsNull(column) ? null : statement.UInt128(column);

    public static long? Int64OrNull(this SqliteStatement statement, int column) =>
        statement.IsNull(column) ? null : statement.Int64(column);

    public static string[] Strings(this SqliteStatement statement, int column) =>
        statement.Text(column) is { } json ? JsonSerializer.Deserialize<string[]>(json)! : [];
}
