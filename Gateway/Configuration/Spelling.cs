namespace AngoGateway.Configuration;

/// <summary>Finds what somebody meant to write.</summary>
internal static class Spelling
{
    /// <summary>The nearest of <paramref name="known"/>, case aside, or null when none is near enough to be a slip of the hand.</summary>
    public static string? Nearest(string written, IReadOnlyCollection<string> known)
    {
        if (written.Length > 64)
            return null;

        // "authentication" for "auth", "conc" for "concurrency".
        if (known.FirstOrDefault(name => IsStartOf(name, written) || IsStartOf(written, name)) is { } longer)
            return longer;

        // A third of the word, two at least: "tiemout" and "url " are slips, "to" for "url" is not.
        var limit = Math.Min(Math.Max(2, written.Length / 3), Math.Max(1, written.Length - 1));
        return known
            .Select(name => (name, distance: Distance(written.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(candidate => candidate.distance <= Math.Min(limit, candidate.name.Length - 1))
            .OrderBy(candidate => candidate.distance)
            .Select(candidate => candidate.name)
            .FirstOrDefault();
    }

    /// <summary>"did you mean …?" when something is near, else all that could be written.</summary>
    public static string Advice(string written, IReadOnlyCollection<string> known) =>
        Nearest(written, known) is { } nearest ? $"did you mean \"{nearest}\"?"
        : known.Count == 0 ? "there are none here"
        : $"known are {List(known)}";

    private static bool IsStartOf(string start, string text) =>
        start.Length >= 3 && text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    public static string List(IEnumerable<string> names)
    {
        // Enough to recognise one's own, short enough for a line of a log.
        const int shown = 20;
        var all = names.Select(name => $"\"{name}\"").ToList();
        return string.Join(", ", all.Take(shown)) + (all.Count > shown ? $" and {all.Count - shown} more" : "");
    }

    // Optimal string alignment: insertions, deletions, changes and swaps of neighbours cost one each.
    private static int Distance(string a, string b)
    {
        var costs = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            costs[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            costs[0, j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = costs[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(change, Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        }

        return costs[a.Length, b.Length];
    }
}
