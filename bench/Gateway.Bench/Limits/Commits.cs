using System.Globalization;

namespace AngoGateway.Bench.Limits;

/// <summary>What a gateway's own metrics say of its journal's transactions, from its start or between two looks.</summary>
/// <param name="Count">Transactions that were committed.</param>
/// <param name="Writes">That shared them: webhooks, settlements, upkeep.</param>
/// <param name="Slow">Transactions that took over 50 ms.</param>
internal readonly record struct Commits(double Count, double Writes, double Slow)
{
    // A page is kept for a third of a second.
    private static readonly TimeSpan PageAge = TimeSpan.FromMilliseconds(500);

    /// <summary>To be asked while nothing is committed: a page may be a little old.</summary>
    public static async Task<Commits> ReadAsync(Uri admin)
    {
        await Task.Delay(PageAge, TimeProvider.System, CancellationToken.None);
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(admin, "metrics"))).Split('\n');
        var count = Value("gateway_journal_commit_size_count");
        return new Commits(count, Value("gateway_journal_commit_size_sum"), count - Value("gateway_journal_commit_duration_seconds_bucket", "le=\"0.05\""));

        double Value(string name, string label = "") => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal)).Split(' ')[1],
            CultureInfo.InvariantCulture);
    }

    public static Commits operator -(Commits later, Commits sooner) => new(later.Count - sooner.Count, later.Writes - sooner.Writes, later.Slow - sooner.Slow);
}
