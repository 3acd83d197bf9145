using System.Text;
using System.Text.Json;
using AngoGateway.Forwarding;
using CsCheck;

namespace AngoGateway.Tests.Forwarding;

public sealed class HeaderTextTests
{
    [Theory]
    [InlineData("Review", "Review")]
    [InlineData("", "")]
    [InlineData("100%", "100%25")]
    [InlineData("a b\tc", "a%20b%09c")]
    [InlineData("x\r\nX-Evil: 1", "x%0D%0AX-Evil:%201")]
    [InlineData("Révision – Étape 2", "R%C3%A9vision%20%E2%80%93%20%C3%89tape%202")]
    [InlineData("\u007f\u0000", "%7F%00")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Text_outside_visible_ascii_is_percent_encoded(string text, string encoded) =>
        Assert.Equal(encoded, HeaderText.Encode(text));

    [Fact]
    public void The_stage_of_the_unicode_sample_decodes_back()
    {
        using var sample = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", "07-unicode-stage.json")));
        var stage = sample.RootElement.GetProperty("task").GetProperty("stage").GetString()!;

        Assert.Equal("Révision – Étape 2", stage);
        Assert.Equal(stage, Uri.UnescapeDataString(HeaderText.Encode(stage)));
    }

    [Theory]
    [InlineData('x', 512)]
    [InlineData('é', 510)]
    [InlineData('–', 504)]
    public void A_long_text_ends_with_its_last_whole_character(char c, int length)
    {
        var encoded = HeaderText.Encode(new string(c, 1000));

        Assert.Equal(length, encoded.Length);
        Assert.All(Uri.UnescapeDataString(encoded), each => Assert.Equal(c, each));
    }

    [Fact]
    public void Any_text_becomes_a_header_value_that_decodes_to_its_beginning()
    {
        var anyText = Gen.Select(Gen.Char, Gen.Char["é–%😀\r\n aZ~"], Gen.Bool, (any, usual, which) => which ? any : usual)
            .Array[0, 700].Select(chars => new string(chars));
        anyText.Sample(text =>
        {
            var encoded = HeaderText.Encode(text);
            var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            return encoded.Length <= 512
                && encoded.All(c => c is >= '\x21' and <= '\x7E')
                && whole.StartsWith(Uri.UnescapeDataString(encoded), StringComparison.Ordinal)
                && (text.Length == 0 || encoded.Length > 0);
        });
    }
}
