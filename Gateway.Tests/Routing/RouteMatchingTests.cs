using AngoGateway.Envelopes;
using AngoGateway.Routing;
using static AngoGateway.Tests.Routing.Tables;

namespace AngoGateway.Tests.Routing;

public class RouteMatchingTests
{
    private static readonly Envelope Empty = new();

    [Fact]
    public void An_empty_match_takes_everything()
    {
        Assert.True(Takes(new MatchConfig(), Review));
        Assert.True(Takes(new MatchConfig(), Empty));
    }

    [Theory]
    [InlineData("66c5a3babfebe70015f8b15c", true)]
    [InlineData("66C5A3BABFEBE70015F8B15C", false)]
    [InlineData("66c5*", true)]
    [InlineData("66C5*", false)]
    [InlineData("66c5", false)]
    public void A_project_compares_exactly(string project, bool takes) =>
        Assert.Equal(takes, Takes(new MatchConfig(Project: [project]), Review));

    [Theory]
    [InlineData("ango", true)]
    [InlineData("Ango", false)]
    [InlineData("an*", true)]
    [InlineData("other", false)]
    public void A_source_compares_exactly(string source, bool takes) =>
        Assert.Equal(takes, Takes(new MatchConfig(Source: [source]), Review));

    [Theory]
    [InlineData("Review")]
    [InlineData("REVIEW")]
    [InlineData("rev*")]
    [InlineData("0d2f6a1c-1111-4222-8333-944445555666")]
    [InlineData("0D2F*")]
    public void A_stage_is_taken_by_any_of_its_three_names(string stage) =>
        Assert.True(Takes(new MatchConfig(Stage: [stage]), Review));

    [Theory]
    [InlineData("complete")]
    [InlineData("comp*")]
    public void A_stage_without_case_is_a_name_only(string stage)
    {
        Assert.True(Takes(new MatchConfig(Stage: [stage]), new Envelope(Stage: "Complete")));
        Assert.True(Takes(new MatchConfig(Stage: [stage]), new Envelope(StageName: "Complete")));
        Assert.False(Takes(new MatchConfig(Stage: [stage]), new Envelope(StageId: "Complete")));
    }

    [Fact]
    public void A_stage_id_with_its_case_is_taken() =>
        Assert.True(Takes(new MatchConfig(Stage: ["Complete"]), new Envelope(StageId: "Complete")));

    [Theory]
    [InlineData("66e000000000000000000b01", true)]
    [InlineData("66E000000000000000000B01", false)]
    [InlineData("PILOT – ÉTÉ", true)]
    [InlineData("pilot*", true)]
    [InlineData("Final", false)]
    public void A_batch_is_an_id_exactly_or_a_name_without_case(string batch, bool takes) =>
        Assert.Equal(takes, Takes(new MatchConfig(Batch: [batch]), Review));

    [Fact]
    public void Any_text_of_an_array_will_do() =>
        Assert.True(Takes(new MatchConfig(Stage: ["Complete", "Review"], Project: ["other", "66c5*"]), Review));

    [Fact]
    public void All_the_given_fields_must_match()
    {
        Assert.True(Takes(new MatchConfig(["ango"], ["66c5*"], ["Review"], ["Pilot*"]), Review));
        Assert.False(Takes(new MatchConfig(["other"], ["66c5*"], ["Review"], ["Pilot*"]), Review));
        Assert.False(Takes(new MatchConfig(["ango"], ["other"], ["Review"], ["Pilot*"]), Review));
        Assert.False(Takes(new MatchConfig(["ango"], ["66c5*"], ["other"], ["Pilot*"]), Review));
        Assert.False(Takes(new MatchConfig(["ango"], ["66c5*"], ["Review"], ["other"]), Review));
    }

    [Fact]
    public void An_exact_project_does_not_excuse_a_stage_that_differs() =>
        Assert.False(Takes(new MatchConfig(Project: [Review.Project!], Stage: ["Complete"]), Review));

    [Fact]
    public void A_given_field_never_takes_an_absent_value_not_even_by_a_star()
    {
        Assert.False(Takes(new MatchConfig(Project: ["*"]), Empty));
        Assert.False(Takes(new MatchConfig(Stage: ["*"]), Empty));
        Assert.False(Takes(new MatchConfig(Batch: ["*"]), Empty));
        Assert.True(Takes(new MatchConfig(Project: ["*"], Stage: ["*"], Batch: ["*"]), Review));
    }

    [Fact]
    public void A_field_without_any_text_takes_nothing()
    {
        Assert.False(Takes(new MatchConfig(Source: []), Review));
        Assert.False(Takes(new MatchConfig(Project: []), Review));
        Assert.False(Takes(new MatchConfig(Stage: []), Review));
        Assert.False(Takes(new MatchConfig(Batch: []), Review));
    }

    [Fact]
    public void A_very_long_list_of_batches_is_searched_to_its_end()
    {
        var many = new Envelope(BatchNames: [.. Enumerable.Range(0, 5000).Select(n => $"batch {n}")]);

        Assert.True(Takes(new MatchConfig(Batch: ["Batch 4999"]), many));
        Assert.False(Takes(new MatchConfig(Batch: ["Batch 5000"]), many));
    }
}
