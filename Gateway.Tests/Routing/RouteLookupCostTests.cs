using System.Buffers;
using AngoGateway.Consumers;
using AngoGateway.Envelopes;
using AngoGateway.Routing;
using static AngoGateway.Tests.Routing.Tables;

namespace AngoGateway.Tests.Routing;

/// <summary>What a lookup costs, counted in bytes and in routes looked at: neither depends on the machine's speed.</summary>
public class RouteLookupCostTests
{
    private static readonly RouteConfig Everything = new(new MatchConfig(), ["audit"]);

    [Fact]
    public void A_lookup_allocates_as_much_among_ten_thousand_routes_as_among_ten()
    {
        var few = BytesOf(Projects(10), Project(7));
        var many = BytesOf(Projects(10_000), Project(7_777));

        Assert.Equal(few, many);
    }

    [Fact]
    public void A_lookup_allocates_its_result_and_nothing_else()
    {
        var result = Least(() => new RouteMatch(new Consumer[2], null, new string[2]));

        Assert.Equal(result, BytesOf(Projects(10_000), Project(7_777)));
    }

    [Fact]
    public void A_lookup_with_more_matches_than_the_stack_holds_allocates_its_result_and_nothing_else()
    {
        var routes = Enumerable.Range(0, 2000).Select(n => To($"c{n % 300}")).ToArray();
        var result = Least(() => new RouteMatch(new Consumer[300], null, new string[2000]));

        Assert.Equal(result, BytesOf(routes, Project(1)));
        Assert.Equal(routes.Take(300).Select(route => route.To[0]), Compile(routes).Queued(Project(1)));
    }

    // Pooled memory comes as its last user left it.
    [Fact]
    public void A_lookup_in_used_pooled_memory_forgets_no_consumer()
    {
        var table = Compile([.. Enumerable.Range(0, 2000).Select(n => To($"c{n % 300}"))]);
        var used = ArrayPool<int>.Shared.Rent(2300);
        Array.Fill(used, 1);
        ArrayPool<int>.Shared.Return(used);

        Assert.Equal(300, table.Match("ango", Project(1)).Queue.Length);
    }

    [Fact]
    public void One_matching_route_or_none_allocates_nothing()
    {
        var routes = Projects(10_000)[..^1];

        Assert.Equal(0, BytesOf(routes, Project(7_777)));
        Assert.Equal(0, BytesOf(routes, Project(-1)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public void Only_the_routes_of_the_exact_project_and_those_without_are_looked_at(int count)
    {
        var index = Index(Projects(count));

        Assert.Equal(2, index.Find(Project(7)).Bound);
        Assert.Equal(1, index.Find(Project(-1)).Bound);
        Assert.Equal(1, index.Find(new Envelope()).Bound);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public void Only_the_routes_of_the_exact_stage_and_those_without_are_looked_at(int count)
    {
        var routes = Enumerable.Range(0, count).Select(n => To("a", new MatchConfig(Stage: [$"Stage {n}"]))).Append(Everything);
        var index = Index([.. routes]);

        Assert.Equal(2, index.Find(new Envelope(StageName: "stage 7")).Bound);
        Assert.Equal(1, index.Find(new Envelope(StageName: "stage -1")).Bound);
    }

    [Fact]
    public void A_route_with_a_star_is_looked_at_for_every_event()
    {
        var index = Index([To("a", new MatchConfig(Project: [Project(1).Project!, "66*"]))]);

        Assert.Equal(1, index.Find(Project(2)).Bound);
    }

    private static Envelope Project(int number) => new(Project: $"{number:x24}", Stage: "Review", StageName: "Review");

    private static RouteConfig[] Projects(int count) =>
    [
        .. Enumerable.Range(0, count).Select(n => To($"c{n % 100}", new MatchConfig(Project: [Project(n).Project!]))),
        Everything,
    ];

    private static RouteIndex Index(RouteConfig[] routes) =>
        new([.. routes.Select((route, row) => Route.Compile(route, row, [0]))]);

    private static long BytesOf(RouteConfig[] routes, Envelope envelope)
    {
        var table = Compile(routes);
        return Least(() => table.Match("ango", envelope));
    }

    // The least of many: the first calls also pay for the JIT and for filling the array pool.
    private static long Least(Func<RouteMatch> work)
    {
        var least = long.MaxValue;
        for (var round = 0; round < 200; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            GC.KeepAlive(work());
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
