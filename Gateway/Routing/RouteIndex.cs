using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using AngoGateway.Envelopes;

namespace AngoGateway.Routing;

/// <summary>
/// Finds the routes that can match an envelope without looking at the others: routes that want exact projects by project,
/// else routes that want exact stages by stage; only those with neither are candidates for everything.
/// </summary>
/// <remarks>A candidate is not yet a match: <see cref="Route.Matches"/> decides.</remarks>
internal sealed class RouteIndex
{
    private readonly FrozenDictionary<string, int[]> _byProject;

    // Without case, which is the wider of the two ways in which stages compare.
    private readonly FrozenDictionary<string, int[]> _byStage;

    private readonly int[] _rest;

    /// <param name="routes">The table's rows; <c>otherwise</c> rows are left out.</param>
    public RouteIndex(Route[] routes)
    {
        var byProject = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var byStage = new Dictionary<string, List<int>>(StringComparer.OrdinalIgnoreCase);
        var rest = new List<int>();

        for (var row = 0; row < routes.Length; row++)
        {
            var route = routes[row];
            if (route.Otherwise)
                continue;

            if (AreExact(route.Projects))
                Add(byProject, route.Projects, row);
            else if (AreExact(route.Stages))
                Add(byStage, route.Stages, row);
            else
                rest.Add(row);
        }

        _byProject = Freeze(byProject);
        _byStage = Freeze(byStage);
        _rest = [.. rest];
    }

    public Candidates Find(Envelope envelope) => new(
        _rest,
        Rows(_byProject, envelope.Project),
        Rows(_byStage, envelope.Stage),
        Rows(_byStage, envelope.StageName),
        Rows(_byStage, envelope.StageId));

    private static bool AreExact([NotNullWhen(true)] Pattern[]? patterns) =>
        patterns is not null && Array.TrueForAll(patterns, pattern => pattern.IsExact);

    private static void Add(Dictionary<string, List<int>> index, Pattern[] patterns, int row)
    {
        foreach (var pattern in patterns)
        {
            if (!index.TryGetValue(pattern.Text, out var rows))
                index.Add(pattern.Text, rows = []);

            // "Review" and "review" are one stage to the index: the row is listed once.
            if (rows.Count == 0 || rows[^1] != row)
                rows.Add(row);
        }
    }

    private static FrozenDictionary<string, int[]> Freeze(Dictionary<string, List<int>> index) =>
        index.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToArray(), index.Comparer);

    private static ReadOnlySpan<int> Rows(FrozenDictionary<string, int[]> index, string? key) =>
        key is not null && index.TryGetValue(key, out var rows) ? rows : [];
}

/// <summary>Rows that may match one envelope, in route order and each once: a merge of the index's sorted lists.</summary>
internal ref struct Candidates(
    ReadOnlySpan<int> rest,
    ReadOnlySpan<int> project,
    ReadOnlySpan<int> stage,
    ReadOnlySpan<int> stageName,
    ReadOnlySpan<int> stageId)
{
    private ReadOnlySpan<int> _rest = rest;
    private ReadOnlySpan<int> _project = project;
    private ReadOnlySpan<int> _stage = stage;
    private ReadOnlySpan<int> _stageName = stageName;
    private ReadOnlySpan<int> _stageId = stageId;

    /// <summary>No more rows than this are left.</summary>
    public readonly int Bound => _rest.Length + _project.Length + _stage.Length + _stageName.Length + _stageId.Length;

    public bool TryNext(out int row)
    {
        row = Math.Min(First(_rest), First(_project));
        row = Math.Min(row, Math.Min(First(_stage), Math.Min(First(_stageName), First(_stageId))));

        Pass(ref _rest, row);
        Pass(ref _project, row);
        Pass(ref _stage, row);
        Pass(ref _stageName, row);
        Pass(ref _stageId, row);
        return row != int.MaxValue;
    }

    private static int First(ReadOnlySpan<int> rows) => rows.IsEmpty ? int.MaxValue : rows[0];

    private static void Pass(ref ReadOnlySpan<int> rows, int row)
    {
        if (First(rows) == row && !rows.IsEmpty)
            rows = rows[1..];
    }
}
