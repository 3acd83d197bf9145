using AngoGateway.Journal.Postgres;
using CsCheck;

namespace AngoGateway.Tests.Journal.Postgres;

public sealed class PostgresTextTests
{
    [Fact]
    public void Any_text_comes_back_and_never_holds_what_the_database_cannot() =>
        Gen.Char["\0\u001A0aé"].Array[0, 12].Sample(chars =>
        {
            var text = new string(chars);
            var encoded = PostgresSql.Encode(text)!;
            return !encoded.Contains('\0') && PostgresSql.Decode(encoded) == text;
        });

    [Fact]
    public void Half_a_pair_becomes_the_replacement_character_and_a_pair_stays() =>
        Assert.Equal("\uFFFDx\U0001F600", PostgresSql.Encode("\uD83Dx\U0001F600"));

    [Fact]
    public void A_digest_sorts_as_its_uuid_does_in_the_database()
    {
        var digest = new UInt128(0xFEDCBA9876543210, 0x0123456789ABCDEF);

        Assert.Equal("fedcba98-7654-3210-0123-456789abcdef", PostgresSql.Uuid(digest).ToString());
        Assert.Equal(digest, PostgresSql.Digest(PostgresSql.Uuid(digest)));
    }

    [Fact]
    public void A_span_begins_with_the_first_id_of_its_millisecond()
    {
        var at = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var bound = PostgresPartitions.Bound(at.ToUnixTimeMilliseconds());

        Assert.True(string.CompareOrdinal(bound, Guid.CreateVersion7(at).ToString()) < 0);
        Assert.True(string.CompareOrdinal(bound, Guid.CreateVersion7(at.AddMilliseconds(-1)).ToString()) > 0);
    }
}
