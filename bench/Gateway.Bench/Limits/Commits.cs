using System.Globalization;

namespace AngoGateway.Bench.Limits;

/// <summary>What a gateway's own metrics say of its journal's transactions, from its start or between two looks.</summary>
/// <param name="Count">Transactions that were committed.</param>
/// <param name="Writes">That shared them: webhooks, settlements, upkeep.</param>
internal readonly record struct Commits(double Count, double Writes)
{
    // A page is kept for a third of a second.
    private static readonly TimeSpan PageAge = TimeSpan.FromMilliseconds(500);

    /// <summary>To be asked while nothing is committed: a page may be a little old.</summary>
    public static async Task<Commits> ReadAsync(Uri admin)
    {
        await Task.Delay(PageAge, TimeProvider.System, CancellationToken.None);
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(admin, "metrics"))).Split('\n');
        return new Commits(Value("gateway_journal_commit_size_count"), Value("gateway_journal_commit_size_sum"));

        double Value(string name) => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public static Commits operator -(Commits later, Commits sooner) => new(later.Count - sooner.Count, later.Writes - sooner.Writes);
}
