using AngoGateway.Configuration;

namespace AngoGateway.Tests.Configuration;

public sealed class SpellingTests
{
    private static readonly string[] Known = ["url", "path", "cluster", "delivery", "timeout", "to", "auth"];

    [Theory]
    [InlineData("tiemout", "timeout")]
    [InlineData("TimeOut", "timeout")]
    [InlineData("time_out", "timeout")]
    [InlineData("deliver", "delivery")]
    [InlineData("uri", "url")]
    [InlineData("clutser", "cluster")]
    [InlineData("authentication", "auth")]
    public void A_slip_is_led_back(string written, string meant) => Assert.Equal(meant, Spelling.Nearest(written, Known));

    [Theory]
    [InlineData("order")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("superseded")]
    public void A_different_word_is_left_alone(string written) => Assert.Null(Spelling.Nearest(written, Known));

    [Fact]
    public void A_long_list_is_cut() =>
        Assert.EndsWith("\"n19\" and 5 more", Spelling.Advice("zzzzzzzz", [.. Enumerable.Range(0, 25).Select(i => $"n{i}")]));
}
