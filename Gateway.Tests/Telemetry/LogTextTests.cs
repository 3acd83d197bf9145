using AngoGateway.Telemetry;

namespace AngoGateway.Tests.Telemetry;

public sealed class LogTextTests
{
    [Fact]
    public void A_line_break_cannot_forge_a_line() =>
        Assert.Equal("a\\u000d\\u000a\\u001b[31mcrit: forged", LogText.Of("a\r\n\u001b[31mcrit: forged"));

    [Fact]
    public void Long_text_is_cut() => Assert.Equal(257, LogText.Of(new string('é', 100_000))!.Length);

    [Fact]
    public void Ordinary_text_is_itself()
    {
        const string Text = "Révision – Étape 2 🚗";
        Assert.Same(Text, LogText.Of(Text));
        Assert.Null(LogText.Of(null));
    }
}
