using System.Globalization;
using AngoGateway.Envelopes;
using AngoGateway.Journal;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AngoGateway.Micro;

/// <summary>Appends that wait together, as under load, and their deliveries claimed and settled; figures are for one event.</summary>
[MemoryDiagnoser]
public class JournalBench
{
    private const int Together = 64;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-micro-").FullName;
    private readonly byte[] _payload = Bodies.Of(2 * 1024);
    private readonly Attempt _attempt = new(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), "http://127.0.0.1:9000", 200, null, null);
    private IJournal _journal = null!;
    private int _task;

    [Params("sqlite", "memory")]
    public string Type { get; set; } = "";

    [GlobalSetup]
    public void Open()
    {
        var retention = Retention.From(new RetentionConfig());
        _journal = Type == "memory"
            ? new MemoryJournal(() => retention, TimeProvider.System)
            : SqliteJournal.Open(new SqliteJournalOptions(Path.Combine(_folder, "gateway.db"), () => retention), TimeProvider.System, NullLogger<SqliteJournal>.Instance);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _journal.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Together)]
    public Task AppendAsync() => AppendAllAsync([]);

    [Benchmark(OperationsPerInvoke = Together)]
    public async Task AppendClaimAndSettleAsync()
    {
        await AppendAllAsync([new NewDelivery("training")]);
        for (var left = Together; left > 0;)
        {
            var claimed = await _journal.ClaimAsync("training", Together, inTaskOrder: false, default);
            await Task.WhenAll(claimed.Select(delivery => _journal.SettleAsync(delivery, new Settlement(DeliveryState.Delivered, null, _attempt), default).AsTask()));
            left -= claimed.Count;
        }
    }

    private Task<AppendResult[]> AppendAllAsync(NewDelivery[] deliveries) =>
        Task.WhenAll(Enumerable.Range(0, Together).Select(_ => _journal.AppendAsync(Event(), Payload.Of(_payload), deliveries, default).AsTask()));

    private StoredEvent Event()
    {
        var now = TimeProvider.System.GetUtcNow();
        var envelope = new Envelope(
            Project: "66c5a3babfebe70015f8b15c", TaskId: (++_task).ToString(CultureInfo.InvariantCulture), Stage: "Review", UpdatedAt: now.ToString("O", CultureInfo.InvariantCulture));
        return new StoredEvent(Guid.CreateVersion7(now), EventKey.Of("ango", envelope, _payload), now, "ango", envelope, Disposition.Routed);
    }
}
