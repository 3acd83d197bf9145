using System.Text.RegularExpressions;
using AngoGateway.Envelopes;
using AngoGateway.Routing;
using CsCheck;

namespace AngoGateway.Tests.Routing;

/// <summary>The table against the rules written down a second time, as plainly as they can be, over random tables.</summary>
public class RouteReferenceTests
{
    // Few and short words, so that routes match, collide and differ in case only.
    private static readonly Gen<string> Words = Gen.OneOf("a", "A", "b", "ab", "AB", "aB", "ba", "é", "É");

    private static readonly Gen<string> Wanted = Gen.Frequency(
        (3, Words), (1, Gen.OneOf("*", "a*", "*b", "*B*", "A*b", "é*")));

    private static readonly Gen<string[]?> Field = Gen.Frequency(
        (5, Gen.Const((string[]?)null)),
        (5, Wanted.Array[1, 3].Select(all => (string[]?)all)),
        (1, Gen.Const((string[]?)[])));

    private static readonly Gen<MatchConfig> Matches = Gen.Frequency(
        (6, Gen.Select(Field, Field, Field, Field, (source, project, stage, batch) => new MatchConfig(source, project, stage, batch))),
        (1, Gen.Const(new MatchConfig(Otherwise: true))));

    private static readonly Gen<RouteConfig> Routes =
        from match in Matches
        from mode in Gen.Frequency((4, Gen.Const(RouteMode.Queue)), (1, Gen.Const(RouteMode.Proxy)))
        from to in Gen.Int[0, 40].Select(n => $"c{n}").Array[1, mode == RouteMode.Proxy ? 1 : 3]
        select new RouteConfig(match, to, Mode: mode);

    private static readonly Gen<string?> Value = Gen.Frequency(
        (1, Gen.Const((string?)null)), (4, Words.Select(word => (string?)word)));

    private static readonly Gen<Envelope> Envelopes =
        from project in Value
        from stage in Value
        from id in Value
        from name in Value
        from batches in Words.Array[0, 2]
        from names in Words.Array[0, 2]
        select new Envelope(project, "task", stage, id, name, "2025-01-01T00:00:00.000Z", batches, names);

    [Fact]
    public void The_table_agrees_with_a_naive_one() =>
        Gen.Select(Routes.Array[0, 12], Words, Envelopes).Sample(
            (routes, source, envelope) =>
            {
                var (queue, proxy, names) = Naive(routes, source, envelope);
                var match = Tables.Compile(routes).Match(source, envelope);

                Assert.Equal(proxy, match.Proxy?.Name);
                Assert.Equal(queue, match.Queue.Select(consumer => consumer.Name));
                Assert.Equal(names, match.Routes);
            },
            iter: 5000);

    [Fact]
    public void The_explanation_agrees_with_the_match() =>
        Gen.Select(Routes.Array[0, 12], Words, Envelopes).Sample(
            (routes, source, envelope) =>
            {
                var table = Tables.Compile(routes);
                var said = table.Explain(source, envelope);

                Assert.Equal(table.Match(source, envelope).Routes, said.Where(one => one.Matches).Select(one => one.Route));
                Assert.All(said, one => Assert.Equal(one.Matches, one.Reason is null));
            },
            iter: 2000);

    private static (string[] Queue, string? Proxy, string[] Names) Naive(RouteConfig[] routes, string source, Envelope envelope)
    {
        var all = routes.Select((route, n) => (Route: route, Name: $"routes[{n}]")).ToArray();
        var hits = all.Where(one => !one.Route.Match.Otherwise && Takes(one.Route.Match, source, envelope)).ToArray();
        if (hits.Length == 0)
            hits = [.. all.Where(one => one.Route.Match.Otherwise)];

        var proxy = hits.FirstOrDefault(hit => hit.Route.Mode == RouteMode.Proxy).Route?.To[0];
        return (
            [.. hits.SelectMany(hit => hit.Route.To).Distinct().Where(name => name != proxy)],
            proxy,
            [.. hits.Select(hit => hit.Name)]);
    }

    private static bool Takes(MatchConfig match, string source, Envelope envelope) =>
        (match.Source is null || AnyOf(match.Source, false, source))
        && (match.Project is null || AnyOf(match.Project, false, envelope.Project))
        && (match.Stage is null
            || AnyOf(match.Stage, true, envelope.Stage, envelope.StageName)
            || AnyOf(match.Stage, false, envelope.StageId))
        && (match.Batch is null
            || AnyOf(match.Batch, false, envelope.Batches)
            || AnyOf(match.Batch, true, envelope.BatchNames));

    private static bool AnyOf(string[] wanted, bool ignoreCase, params string?[] values) =>
        wanted.Any(text => values.Any(value => value is not null && Regex.IsMatch(
            value,
            $@"\A{Regex.Escape(text).Replace(@"\*", ".*", StringComparison.Ordinal)}\z",
            RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None),
            TimeSpan.FromSeconds(10))));
}
