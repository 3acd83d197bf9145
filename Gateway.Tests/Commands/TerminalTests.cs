using AngoGateway.Commands;

namespace AngoGateway.Tests.Commands;

public sealed class TerminalTests
{
    [Theory]
    [InlineData('\u001b')]
    [InlineData('\u200e')]
    [InlineData('\u202e')]
    [InlineData('\u2066')]
    [InlineData('\u2069')]
    [InlineData('\u2028')]
    [InlineData('\u061c')]
    public void What_steers_a_terminal_or_turns_its_text_around_is_replaced(char steering) =>
        Assert.Equal("a\uFFFDb", Terminal.Clean($"a{steering}b"));

    [Fact]
    public void Ordinary_text_of_any_script_is_itself() =>
        Assert.Equal("Révision – Étape 2 \u05e9\u05dc\u05d5\u05dd 🚗", Terminal.Clean("Révision – Étape 2 \u05e9\u05dc\u05d5\u05dd 🚗"));
}
