using AngoGateway.Journal;

namespace AngoGateway.Bench.Limits;

/// <summary>Works off all deliveries of a consumer that costs nothing: claim, read the payload, settle.</summary>
internal static class AloneDrain
{
    private const int Workers = 4;
    private const int Claim = 100;

    private static readonly Attempt Done = new(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://127.0.0.1:9000", 200, null, null);

    /// <returns>Deliveries per second.</returns>
    public static async Task<double> RunAsync(IJournal journal, string consumer)
    {
        var began = TimeProvider.System.GetTimestamp();
        var settled = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync)));
        return settled.Sum() / TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        async Task<int> WorkAsync()
        {
            for (var count = 0; ;)
            {
                var claimed = await journal.ClaimAsync(consumer, Claim, inTaskOrder: false, CancellationToken.None);
                if (claimed.Count == 0)
                {
                    return count;
                }

                await Task.WhenAll(claimed.Select(DeliverAsync));
                count += claimed.Count;
            }
        }

        async Task DeliverAsync(Delivery delivery)
        {
            (await journal.ReadPayloadAsync(delivery.Event.Id, CancellationToken.None)).Dispose();
            await journal.SettleAsync(delivery, new Settlement(DeliveryState.Delivered, null, Done), CancellationToken.None);
        }
    }
}
