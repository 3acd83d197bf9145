using System.Text.RegularExpressions;
using AngoGateway.Routing;
using CsCheck;

namespace AngoGateway.Tests.Routing;

public class PatternTests
{
    [Theory]
    [InlineData("Review", "Review", true)]
    [InlineData("Review", "Reviews", false)]
    [InlineData("Review", "review", false)]
    [InlineData("Review*", "Review 2", true)]
    [InlineData("Review*", "Review", true)]
    [InlineData("Review*", "Pre Review", false)]
    [InlineData("*Review", "Pre Review", true)]
    [InlineData("*Review", "Reviews", false)]
    [InlineData("*view*", "Reviews", true)]
    [InlineData("*view*", "Vie", false)]
    [InlineData("R*w", "Review", true)]
    [InlineData("R*w", "Reviews", false)]
    [InlineData("aba*aba", "ababa", false)]
    [InlineData("ab*ba", "aba", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("a**c", "ac", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*", "", true)]
    [InlineData("**", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("a?[b]\\", "a?[b]\\", true)]
    [InlineData("a*b", "a\r\nb", true)]
    public void A_star_stands_for_any_run_of_characters_and_all_else_for_itself(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Pattern.Compile(pattern).Matches(text, StringComparison.Ordinal));

    [Theory]
    [InlineData("RÉVISION – étape 2", "Révision – Étape 2")]
    [InlineData("RÉV*étape*", "Révision – Étape 2")]
    [InlineData("*ÉTAPE 2", "Révision – Étape 2")]
    public void Names_compare_without_case_beyond_ASCII_too(string pattern, string text)
    {
        Assert.True(Pattern.Compile(pattern).Matches(text, StringComparison.OrdinalIgnoreCase));
        Assert.False(Pattern.Compile(pattern).Matches(text, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_star_a_pattern_is_exact()
    {
        Assert.True(Pattern.Compile("Review").IsExact);
        Assert.True(Pattern.Compile("").IsExact);
        Assert.False(Pattern.Compile("Review*").IsExact);
        Assert.False(Pattern.Compile("*").IsExact);
    }

    [Fact]
    public void Any_pattern_agrees_with_the_regular_expression_it_stands_for() =>
        Gen.Select(Gen.String[Gen.Char["abAé*"], 0, 8], Gen.String[Gen.Char["abAÉ"], 0, 12], Gen.Bool)
            .Sample(
                (pattern, text, ignoreCase) => Assert.Equal(
                    AsRegex(pattern, ignoreCase).IsMatch(text),
                    Pattern.Compile(pattern).Matches(
                        text, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)),
                iter: 20_000);

    // A matcher that tries every split would need some 10^70 steps here and never return.
    [Fact]
    public void Many_stars_over_a_long_text_do_not_multiply()
    {
        var pattern = Pattern.Compile(string.Concat(Enumerable.Repeat("a*", 20)) + "b");
        var text = new string('a', 100_000);

        Assert.False(pattern.Matches(text, StringComparison.Ordinal));
        Assert.True(pattern.Matches(text + "b", StringComparison.Ordinal));
        Assert.False(Pattern.Compile("*a*a*a*a*b*a*").Matches(text, StringComparison.OrdinalIgnoreCase));
    }

    private static Regex AsRegex(string pattern, bool ignoreCase) => new(
        $@"\A{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal)}\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None),
        TimeSpan.FromSeconds(10));
}
