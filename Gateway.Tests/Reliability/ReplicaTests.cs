using System.Net;
using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>Several gateway processes on one PostgreSQL journal, and one database that fails them.</summary>
public sealed class ReplicaTests
{
    private const int Concurrency = 16;

    // In the short form a killed or frozen gateway is waited for.
    private static readonly TimeSpan Lease = IsFull ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(5);

    [Fact]
    [Trait("Row", "replicas-same-event")]
    public async Task One_event_given_to_all_at_one_instant_is_accepted_once_and_delivered_once_to_each_consumer()
    {
        var events = Size(40, 1000);
        await using var first = await Sink.StartAsync();
        await using var second = await Sink.StartAsync();
        await using var site = await ReplicaSite.CreateAsync(Config([("first", first.Url, null), ("second", second.Url, null)]));
        var gateways = await site.StartAsync(3);
        var ids = new List<Guid>();
        for (var i = 0; i < events; i++)
        {
            var payload = AngoPayload.Of(task: $"same-{i}");
            var receipts = await Task.WhenAll(gateways.Take(2 + (i % 2)).Select(gateway => gateway.Public.PostAsync(payload)));
            Assert.Single(receipts, receipt => receipt.Status == HttpStatusCode.Accepted);
            Assert.All(receipts, receipt => Assert.Contains(receipt.Status, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK]));
            ids.Add(Assert.Single(receipts.Select(receipt => receipt.EventId!.Value).Distinct()));
        }

        foreach (var consumer in (Sink[])[first, second])
        {
            await consumer.WaitForAsync(ids, Patience);
            Assert.Equal(events, consumer.Count);
        }

        Assert.Equal($"{2 * events} {2 * events}", await site.AskAsync("SELECT count(*) || ' ' || count(*) FILTER (WHERE state = 1 AND attempts = 1) FROM delivery"));
        Report("one event to two or three replicas at one instant",
            $"{events} events, each one 202 and otherwise 200 with the same id, {first.Count + second.Count} deliveries to two consumers");
    }

    [Fact]
    [Trait("Row", "replicas-kill")]
    public async Task Kills_of_random_replicas_lose_nothing_and_what_they_had_in_hand_goes_on_within_a_lease()
    {
        const int slots = 3;
        var kills = Size(1, 17);
        await using var consumer = await Sink.StartAsync();
        consumer.Pause = TimeSpan.FromMilliseconds(20);
        await using var site = await ReplicaSite.CreateAsync(Config(consumer.Url, $"\"concurrency\": {Concurrency}"), lease: Lease);
        var loads = Enumerable.Range(0, slots).Select(slot => new Load(rate: Size(60, 150), name: $"slot{slot}")).ToArray();
        await site.StartAsync();

        await Task.WhenAll(loads.Select(async (load, slot) =>
        {
            var random = new Random(Seed + slot);
            for (var kill = 0; kill < kills; kill++)
            {
                var gateway = await site.StartAsync();
                await load.RunUntilGoneAsync(gateway.Public, acknowledgements: 20, async () =>
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, Size(600, 4000))), TimeProvider.System, CancellationToken.None);
                    await gateway.KillAsync();
                });
            }
        }));

        var acknowledged = loads.SelectMany(load => load.Acknowledged).ToArray();
        await consumer.WaitForAsync(acknowledged, Patience);
        await site.AssertStoredAsync(acknowledged);
        var arrivals = consumer.Arrivals;
        var repeats = Repeats(arrivals);
        Assert.InRange(repeats.Count, 0, slots * kills * 2 * Concurrency);
        var slowest = loads.SelectMany(load => Lags(load, arrivals)).Max();
        // A look each second, and the time of the attempts that go first.
        Figure(slowest <= Lease + TimeSpan.FromSeconds(5), $"{slowest} from acceptance to arrival");
        Report("SIGKILL of random replicas under load",
            $"{slots * kills} kills of three replicas beside a fourth, {acknowledged.Length} acknowledged, 0 lost, {repeats.Count} repeats, slowest arrival {slowest.TotalSeconds:0.0} s after its acceptance with a lease of {Lease.TotalSeconds:0} s");
    }

    [Fact]
    [Trait("Row", "database-restart")]
    public async Task Restarts_of_the_database_under_load_lose_nothing_and_all_goes_on_by_itself()
    {
        string[] signals = ["INT", "QUIT", "KILL"];
        var restarts = Size(2, 20);
        await using var cluster = await PostgresCluster.StartNewAsync();
        await using var consumer = await Sink.StartAsync();
        await using var site = await ReplicaSite.CreateAsync(Config(consumer.Url), cluster);
        var gateways = await site.StartAsync(2);
        var loads = gateways.Select((_, i) => new Load(rate: Size(50, 200), name: $"replica{i}")).ToArray();
        using var stop = new CancellationTokenSource();
        var runs = gateways.Select((gateway, i) => loads[i].RunAsync(gateway.Public, stop.Token, stubborn: true)).ToArray();
        var slowest = TimeSpan.Zero;
        for (var restart = 0; restart < restarts; restart++)
        {
            await AcceptsAsync();
            await cluster.StopAsync(signals[(restart + (IsFull ? 0 : 1)) % signals.Length]);
            await cluster.StartAsync();
            var began = TimeProvider.System.GetTimestamp();
            await AcceptsAsync();
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, TimeProvider.System.GetElapsedTime(began).Ticks));
        }

        await stop.CancelAsync();
        await Task.WhenAll(runs);
        Assert.Subset(
            new HashSet<HttpStatusCode> { HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable }, loads.SelectMany(load => load.Answers.Keys).ToHashSet());
        var acknowledged = loads.SelectMany(load => load.Acknowledged).ToArray();
        await site.AssertStoredAsync(acknowledged);
        await consumer.WaitForAsync(acknowledged, Patience);
        Figure(slowest <= TimeSpan.FromSeconds(5), $"{slowest} until both accept again");
        Report("PostgreSQL restarted under load (fast, immediate, SIGKILL in turn)",
            $"{restarts} restarts, two replicas, {acknowledged.Length} acknowledged, 0 lost, all in the journal, {loads.Sum(load => load.Answers.GetValueOrDefault(HttpStatusCode.ServiceUnavailable))} answered 503, {Repeats(consumer.Arrivals).Count} repeats, both accept again at most {slowest.TotalSeconds:0.0} s after its return");

        async Task AcceptsAsync()
        {
            var before = loads.Select(load => load.AcknowledgedCount).ToArray();
            await Eventually.TrueAsync(
                () => loads.Select(load => load.AcknowledgedCount).Zip(before).All(count => count.First >= count.Second + 20), Patience, () => "acknowledgements of both");
        }
    }

    [Fact]
    [Trait("Row", "replica-frozen")]
    public async Task A_replica_that_was_frozen_past_its_lease_writes_nothing_over_what_another_has_done()
    {
        const int events = 20;
        var times = Size(1, 5);
        await using var consumer = await Sink.StartAsync();
        consumer.Pause = TimeSpan.FromSeconds(2);
        // What the frozen one finds when it goes on: every attempt was refused for good.
        consumer.Choice = static (_, arrival) => arrival == 1 ? SinkAnswer.Gone : SinkAnswer.Ok;
        await using var site = await ReplicaSite.CreateAsync(Config(consumer.Url, $"\"concurrency\": {events}"), lease: TimeSpan.FromSeconds(5));
        for (var time = 0; time < times; time++)
        {
            var frozen = await site.StartAsync();
            var ids = (await Task.WhenAll(Enumerable.Range(0, events).Select(i => frozen.Public.PostAsync(AngoPayload.Of(task: $"frozen-{time}-{i}")))))
                .Select(receipt => receipt.EventId!.Value).ToArray();
            await consumer.WaitForCountAsync(((2 * time) + 1) * events, Patience);
            frozen.Freeze();

            var other = await site.StartAsync();
            await consumer.WaitForAsync(ids, Patience);
            await DeliveredAsync((time + 1) * events);
            frozen.Thaw();

            // Counted after the outcome was offered to the journal.
            await Eventually.TrueAsync(
                async () => (await MetricsPage.ReadAsync(frozen.Admin))["gateway_attempts_total", ("consumer", "all"), ("outcome", "dead")] == events,
                Patience, () => "the frozen one's late outcomes");
            await DeliveredAsync((time + 1) * events);
            Assert.Equal("0", await site.AskAsync("SELECT count(*) FROM attempt WHERE status = 410"));
            await frozen.TerminateAsync();
            await other.TerminateAsync();
        }

        Report("a replica frozen past its lease (SIGSTOP), then continued",
            $"{times} times {events} deliveries in hand: each delivered by another, {times * events} late outcomes refused, none lost or marked wrongly");

        Task DeliveredAsync(int count) => Eventually.TrueAsync(
            async () => await site.AskAsync("SELECT count(*) FROM delivery WHERE state = 1 AND attempts = 1") == $"{count}", Patience, () => $"{count} delivered");
    }

    [Fact]
    [Trait("Row", "replicas-order")]
    public async Task One_tasks_events_keep_their_order_over_three_replicas_with_retries()
    {
        var (tasks, versions) = (Size(12, 200), Size(5, 20));
        await using var consumer = await Sink.StartAsync();
        // One in five is refused once, by its id, so that retries of some meet first attempts of others.
        consumer.Choice = static (id, arrival) => arrival == 1 && id.ToByteArray()[15] % 5 == 0 ? SinkAnswer.Failing : SinkAnswer.Ok;
        await using var site = await ReplicaSite.CreateAsync(
            Config(consumer.Url, $"\"order\": \"task\", \"concurrency\": {Concurrency}, \"retry\": {{ \"firstDelay\": \"00:00:00.1\" }}"));
        var gateways = await site.StartAsync(3);
        var began = new DateTimeOffset(2026, 3, 11, 8, 0, 0, TimeSpan.Zero);
        var versionOf = new Dictionary<Guid, (int Task, int Version)>();
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(async task =>
        {
            var random = new Random(Seed + task);
            for (var version = 0; version < versions; version++)
            {
                var payload = AngoPayload.Of(task: $"task-{task}", updatedAt: began.AddSeconds(version).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
                var receipt = await gateways[random.Next(gateways.Length)].Public.PostAsync(payload);
                Assert.Equal(HttpStatusCode.Accepted, receipt.Status);
                lock (versionOf)
                    versionOf.Add(receipt.EventId!.Value, (task, version));
            }
        }));

        await consumer.WaitForAsync([.. versionOf.Keys], Patience);
        var delivered = new int[tasks];
        var refused = 0;
        foreach (var arrival in consumer.Arrivals)
        {
            var (task, version) = versionOf[arrival.EventId];
            Assert.Equal(delivered[task], version);
            if (arrival.Status == 200)
                delivered[task]++;
            else
                refused++;
        }

        Report("order: \"task\" over three replicas with retries",
            $"{tasks} tasks of {versions} versions each to a random replica, {refused} attempts refused and tried again, none out of order, none beside another of its task");
    }
}
