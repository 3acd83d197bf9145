using AngoGateway.Envelopes;
using AngoGateway.Routing;
using static AngoGateway.Tests.Routing.Tables;

namespace AngoGateway.Tests.Routing;

public class RouteTableTests
{
    private static readonly MatchConfig Otherwise = new(Otherwise: true);

    private static readonly MatchConfig Never = new(Project: ["other"]);

    [Fact]
    public void Every_matching_route_adds_its_consumers_each_once_in_route_order()
    {
        var table = Compile(
            new RouteConfig(new MatchConfig(Stage: ["rev*"]), ["c", "a"], "by pattern"),
            new RouteConfig(Never, ["d"], "not this one"),
            new RouteConfig(new MatchConfig(Project: [Review.Project!]), ["a", "b", "b"], "by project"),
            new RouteConfig(new MatchConfig(Stage: ["Review"]), ["c", "e"], "by stage"),
            new RouteConfig(new MatchConfig(), ["a"], "everything"));

        Assert.Equal(["c", "a", "b", "e"], table.Queued(Review));
        Assert.Equal(["by pattern", "by project", "by stage", "everything"], table.Match("ango", Review).Routes);
    }

    [Fact]
    public void A_route_found_by_several_names_of_a_stage_counts_once()
    {
        var table = Compile(To("a", new MatchConfig(Stage: ["Label", "label", "Review", "L1"])), To("b"));

        var match = table.Match("ango", new Envelope(Stage: "label", StageId: "L1", StageName: "Review"));

        Assert.Equal(["routes[0]", "routes[1]"], match.Routes);
        Assert.Equal(["a", "b"], match.Queue.Select(consumer => consumer.Name));
    }

    [Fact]
    public void A_route_without_a_name_goes_by_its_position() =>
        Assert.Equal(["routes[1]"], Compile(To("a", Never), To("b")).Match("ango", Review).Routes);

    [Fact]
    public void An_event_that_no_route_takes_is_unrouted()
    {
        var match = Compile(To("a", Never)).Match("ango", Review);

        Assert.True(match.IsUnrouted);
        Assert.Empty(match.Routes);
    }

    [Fact]
    public void Without_routes_every_event_is_unrouted()
    {
        Assert.True(Compile().Match("ango", Review).IsUnrouted);
        Assert.Equal(0, Compile().Count);
    }

    [Fact]
    public void Otherwise_matches_when_no_other_route_did_wherever_it_stands() =>
        Assert.Equal(["rest", "rest too"], Compile(To("rest", Otherwise), To("a", Never), To("rest too", Otherwise)).Queued(Review));

    [Fact]
    public void Otherwise_does_not_match_beside_another_route() =>
        Assert.Equal(["routes[1]"], Compile(To("rest", Otherwise), To("a")).Match("ango", Review).Routes);

    [Fact]
    public void Otherwise_does_not_match_beside_a_proxy_route() =>
        Assert.Equal(["routes[1]"], Compile(To("rest", Otherwise), To("a", mode: RouteMode.Proxy)).Match("ango", Review).Routes);

    [Fact]
    public void The_first_matching_proxy_route_answers_and_the_others_are_queued()
    {
        var match = Compile(
            To("a", mode: RouteMode.Queue),
            To("skipped", Never, RouteMode.Proxy),
            To("first", mode: RouteMode.Proxy),
            To("second", mode: RouteMode.Proxy)).Match("ango", Review);

        Assert.Equal("first", match.Proxy?.Name);
        Assert.Equal(["a", "second"], match.Queue.Select(consumer => consumer.Name));
        Assert.False(match.IsUnrouted);
    }

    [Fact]
    public void The_consumer_that_answers_is_never_queued_as_well()
    {
        var match = Compile(To("a"), To("b"), To("a", mode: RouteMode.Proxy), To("a")).Match("ango", Review);

        Assert.Equal("a", match.Proxy?.Name);
        Assert.Equal(["b"], match.Queue.Select(consumer => consumer.Name));
    }

    [Fact]
    public void A_lone_proxy_route_queues_nothing_and_is_not_unrouted()
    {
        var match = Compile(To("a", mode: RouteMode.Proxy)).Match("ango", Review);

        Assert.Equal("a", match.Proxy?.Name);
        Assert.Empty(match.Queue);
        Assert.False(match.IsUnrouted);
    }

    [Fact]
    public void Count_is_the_number_of_routes() => Assert.Equal(3, Compile(To("a"), To("a"), To("rest", Otherwise)).Count);
}
