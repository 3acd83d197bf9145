using System.Globalization;

namespace AngoGateway.Commands;

/// <summary>Counts outcomes while requests come back on several threads, and sums them up at the end.</summary>
internal sealed class SendTally
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _byStatus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _unanswered = [];
    private readonly List<double> _milliseconds = [];

    public int Done { get; private set; }

    public int Succeeded { get; private set; }

    /// <returns>True when the request got no answer for a reason not seen before.</returns>
    public bool Add(SendResult result)
    {
        lock (_lock)
        {
            Done++;
            Succeeded += result.IsSuccess ? 1 : 0;
            _milliseconds.Add(result.Latency.TotalMilliseconds);
            var line = result.Status?.ToString(CultureInfo.InvariantCulture) ?? "no answer";
            _byStatus[line] = _byStatus.GetValueOrDefault(line) + 1;
            if (result.Status is not null)
            {
                return false;
            }

            _unanswered[result.Answer] = _unanswered.GetValueOrDefault(result.Answer) + 1;
            return _unanswered[result.Answer] == 1;
        }
    }

    /// <summary>One line: how many of which status, and the latency's percentiles (nearest rank).</summary>
    public string Summary(TimeSpan elapsed)
    {
        lock (_lock)
        {
            if (Done == 0)
            {
                return "nothing was answered";
            }

            _milliseconds.Sort();
            var statuses = string.Join(", ", _byStatus.Select(entry => $"{entry.Key}: {entry.Value}"));
            return $"{Done} sent in {elapsed.TotalSeconds:0.00} s · {statuses} · "
                + $"latency p50 {Percentile(0.50):0.0} ms, p99 {Percentile(0.99):0.0} ms, max {_milliseconds[^1]:0.0} ms";
        }
    }

    private double Percentile(double share) => _milliseconds[(int)Math.Ceiling(share * _milliseconds.Count) - 1];
}
