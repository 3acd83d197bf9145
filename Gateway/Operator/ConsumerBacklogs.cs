using AngoGateway.Configuration;
using AngoGateway.Journal;

namespace AngoGateway.Operator;

/// <summary>What waits for each consumer: those of the configuration, and others for as long as they have work or a pause.</summary>
internal static class ConsumerBacklogs
{
    /// <returns>By name.</returns>
    public static async Task<IReadOnlyList<ConsumerBacklog>> ReadAsync(
        LiveSnapshot live, IJournal journal, CancellationToken cancellationToken)
    {
        var rows = (await JournalOperations.Of(journal).BacklogsAsync(cancellationToken)).ToDictionary(row => row.Consumer, StringComparer.Ordinal);
        var configured = live.Current.Consumers;
        foreach (var name in configured.Keys)
            rows.TryAdd(name, new ConsumerBacklog(name, 0, null, 0, journal.Lane(name)));

        return
        [
            .. rows.Values
                .Where(row => configured.ContainsKey(row.Consumer) || row.Pending + row.Dead > 0 || row.Lane.PausedAt is not null)
                .OrderBy(row => row.Consumer, StringComparer.Ordinal),
        ];
    }
}
