using AngoGateway.Sources;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Sources;

public sealed class KnownMistakeTests
{
    private static readonly byte[] Body = "{\"task\":{}}"u8.ToArray();

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_other_algorithm_is_told()
    {
        Assert.Equal(KnownMistake.OtherAlgorithm, MistakeOf(Sha1(), Body, TestSource.Sha256Of("new", Body)));
        Assert.Equal(KnownMistake.OtherAlgorithm, MistakeOf(Sha1(), Body, "sha256=" + TestSource.Sha256Of("newer", Body)));
        var sha256 = TestSource.Compile(new AuthConfig(AuthType.HubSignature, ["new"], Algorithm: SignatureAlgorithm.Sha256), _time);
        Assert.Equal(KnownMistake.OtherAlgorithm, MistakeOf(sha256, Body, TestSource.Sha1Of("new", Body)));
    }

    [Theory]
    [InlineData("{}", "{}\n")]
    [InlineData("{}", "{}\r\n")]
    [InlineData("{}\n", "{}")]
    [InlineData("{}\r\n", "{}")]
    [InlineData("", "\n")]
    public void A_newline_too_many_or_too_few_is_told(string received, string meant)
    {
        var signature = TestSource.Sha1Of("newer", System.Text.Encoding.UTF8.GetBytes(meant));

        Assert.Equal(KnownMistake.TrailingNewline, MistakeOf(Sha1(), System.Text.Encoding.UTF8.GetBytes(received), signature));
    }

    [Fact]
    public void A_retired_secret_is_told_and_not_accepted()
    {
        var verdict = TestSource.Verify(Sha1(), Body, TestSource.Sha1Of("old", Body));

        Assert.Equal(new Verdict(Rejection.Mismatch, Mistake: KnownMistake.RetiredSecret), verdict);
    }

    [Fact]
    public void A_forgery_is_no_known_mistake()
    {
        Assert.Equal(KnownMistake.None, MistakeOf(Sha1(), Body, new string('0', 40)));
        Assert.Equal(KnownMistake.None, MistakeOf(Sha1(), Body, new string('0', 64)));
    }

    [Fact]
    public void Only_small_bodies_are_examined()
    {
        var (largest, tooLarge) = (new byte[64 * 1024], new byte[(64 * 1024) + 1]);

        Assert.Equal(KnownMistake.RetiredSecret, MistakeOf(Sha1(), largest, TestSource.Sha1Of("old", largest)));
        Assert.Equal(KnownMistake.None, MistakeOf(Sha1(), tooLarge, TestSource.Sha1Of("old", tooLarge)));
    }

    [Fact]
    public void Only_one_body_a_second_is_examined()
    {
        var source = Sha1();
        var signature = TestSource.Sha1Of("old", Body);

        Assert.Equal(KnownMistake.RetiredSecret, MistakeOf(source, Body, signature));
        Assert.Equal(KnownMistake.None, MistakeOf(source, Body, signature));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(KnownMistake.None, MistakeOf(source, Body, signature));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(KnownMistake.RetiredSecret, MistakeOf(source, Body, signature));
    }

    [Fact]
    public void A_large_forgery_takes_nobodys_turn()
    {
        var source = Sha1();

        MistakeOf(source, new byte[100_000], new string('0', 40));

        Assert.Equal(KnownMistake.RetiredSecret, MistakeOf(source, Body, TestSource.Sha1Of("old", Body)));
    }

    private Source Sha1() =>
        TestSource.Compile(new AuthConfig(AuthType.HubSignature, ["new", "newer"], RetiredSecrets: ["older", "old"]), _time);

    private static KnownMistake MistakeOf(Source source, byte[] body, string signature)
    {
        var verdict = TestSource.Verify(source, body, signature);
        Assert.Equal(Rejection.Mismatch, verdict.Rejection);
        return verdict.Mistake;
    }
}
