using AngoGateway.Envelopes;
using AngoGateway.Routing;
using static AngoGateway.Tests.Routing.Tables;

namespace AngoGateway.Tests.Routing;

public class RouteExplanationTests
{
    [Fact]
    public void Each_route_is_explained_in_order()
    {
        var said = Compile(
            new RouteConfig(new MatchConfig(Project: ["other"]), ["a", "b"], "no"),
            new RouteConfig(new MatchConfig(), ["c"], "yes"),
            new RouteConfig(new MatchConfig(Otherwise: true), ["d"], "rest")).Explain("ango", Review);

        Assert.Equal(["no", "yes", "rest"], said.Select(one => one.Route));
        Assert.Equal([false, true, false], said.Select(one => one.Matches));
        Assert.Equal(["a", "b"], said[0].To);
        Assert.Null(said[1].Reason);
        Assert.Equal("otherwise: another route matched", said[2].Reason);
    }

    [Fact]
    public void Otherwise_matches_when_all_the_others_are_refused()
    {
        var said = Compile(
            To("rest", new MatchConfig(Otherwise: true)),
            To("a", new MatchConfig(Project: ["other"])),
            To("rest", new MatchConfig(Otherwise: true))).Explain("ango", Review);

        Assert.Equal([true, false, true], said.Select(one => one.Matches));
    }

    [Fact]
    public void A_refusal_names_the_field_what_it_is_and_what_was_wanted()
    {
        Assert.Equal(
            "source is \"ango\" but the route wants \"old\"",
            Reason(new MatchConfig(Source: ["old"]), Review));
        Assert.Equal(
            "project is \"66c5a3babfebe70015f8b15c\" but the route wants \"66aa\" or \"66bb*\"",
            Reason(new MatchConfig(Project: ["66aa", "66bb*"]), Review));
        Assert.Equal(
            "batch is \"66e000000000000000000b01\", \"Pilot – Été\" but the route wants \"Final\"",
            Reason(new MatchConfig(Batch: ["Final"]), Review));
    }

    [Fact]
    public void A_refused_stage_is_shown_under_each_of_its_names() => Assert.Equal(
        "stage is \"Webhook\" (stage), \"complete\" (stageId), \"Last look\" (stageName) but the route wants \"Complete\"",
        Reason(new MatchConfig(Stage: ["Complete"]), new Envelope(Stage: "Webhook", StageId: "complete", StageName: "Last look")));

    [Fact]
    public void An_absent_value_is_called_absent()
    {
        Assert.Equal("project is absent but the route wants \"*\"", Reason(new MatchConfig(Project: ["*"]), new Envelope()));
        Assert.Equal("stage is absent but the route wants \"*\"", Reason(new MatchConfig(Stage: ["*"]), new Envelope()));
        Assert.Equal("batch is absent but the route wants \"*\"", Reason(new MatchConfig(Batch: ["*"]), new Envelope()));
    }

    [Fact]
    public void A_field_that_lists_nothing_wants_none() =>
        Assert.Equal("source is \"ango\" but the route wants none", Reason(new MatchConfig(Source: []), Review));

    [Fact]
    public void The_first_field_that_differs_is_the_reason() =>
        Assert.StartsWith("project is ", Reason(new MatchConfig(Project: ["66aa"], Stage: ["other"]), Review), StringComparison.Ordinal);

    [Fact]
    public void Line_ends_and_terminal_controls_of_a_payload_are_escaped() => Assert.Equal(
        @"stage is ""a\r\n\u001B[31m\""b"" (stage) but the route wants ""c""",
        Reason(new MatchConfig(Stage: ["c"]), new Envelope(Stage: "a\r\n\u001b[31m\"b")));

    [Fact]
    public void A_long_list_is_cut_short() => Assert.Equal(
        "batch is \"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", 92 more but the route wants \"x\"",
        Reason(new MatchConfig(Batch: ["x"]), new Envelope(Batches: [.. Enumerable.Range(0, 100).Select(n => $"{n}")])));

    private static string Reason(MatchConfig match, Envelope envelope)
    {
        var said = Compile(To("a", match)).Explain("ango", envelope)[0];
        Assert.False(said.Matches);
        return said.Reason ?? "";
    }
}
