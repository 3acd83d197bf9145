using System.Collections.Concurrent;
using System.Net;

namespace AngoGateway.Tests.Support;

/// <summary>Several senders posting unique events as fast as they are answered; remembers what was acknowledged.</summary>
internal sealed class Load
{
    private readonly ConcurrentDictionary<string, byte> _acknowledged = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Event ids that were answered 2xx.</summary>
    public IReadOnlyCollection<string> Acknowledged => [.. _acknowledged.Keys];

    /// <summary>Posts until the gateway is gone. <paramref name="afterAcknowledged"/> runs once, at that many acknowledgements of this run.</summary>
    public async Task RunUntilGoneAsync(HttpClient gateway, int senders, int acknowledgements, Func<Task> afterAcknowledged)
    {
        var count = 0;
        var end = Task.CompletedTask;
        await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var payload = AngoPayload.Of(task: $"task-{Interlocked.Increment(ref _next)}", padding: 1500);
                Receipt receipt;
                try
                {
                    receipt = await gateway.PostAsync(payload);
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
                {
                    return;
                }

                if (receipt.Status is HttpStatusCode.Accepted or HttpStatusCode.OK)
                {
                    _acknowledged.TryAdd(receipt.EventId.ToString()!, 0);
                    if (Interlocked.Increment(ref count) == acknowledgements)
                    {
                        end = Task.Run(afterAcknowledged);
                    }
                }
            }
        })));
        await end;
    }
}
