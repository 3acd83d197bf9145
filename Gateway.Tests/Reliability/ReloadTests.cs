using System.Net;
using System.Text;
using AngoGateway.Configuration;
using AngoGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>1,000 reloads under load, one in three of them bad.</summary>
[Trait("Row", "reload")]
public sealed class ReloadTests
{
    private static readonly string[] Ways =
        ["cut", "empty", "unknown key", "doubled key", "unknown consumer", "secret missing", "UTF-16", "unreadable", "deleted", "symlink swapped"];

    [Fact]
    public async Task Reloads_under_load_lose_nothing_and_no_event_sees_two_tables()
    {
        var reloads = Size(60, 1000);
        await using var consumer = await Sink.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(Table(consumer, "a1", "a2"), timeProvider: new Unhurried());
        var reloader = gateway.Services.GetServices<IHostedService>().OfType<ConfigReloader>().Single();
        var live = gateway.Services.GetRequiredService<LiveSnapshot>();
        var load = new Load(rate: Size(200, 500));
        using var stop = new CancellationTokenSource();
        var run = load.RunAsync(gateway.Public, stop.Token, stubborn: true);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(Size(10, 50)));
        var refused = 0;
        for (var reload = 0; reload < reloads; reload++)
        {
            await pace.WaitForNextTickAsync();
            var revision = live.Current.Revision;
            var good = Table(consumer, reload % 2 == 0 ? ["b1", "b2"] : ["a1", "a2"]);
            if (reload % 3 == 2)
            {
                var way = Ways[reload / 3 % Ways.Length];
                Put(gateway, way, good);
                await reloader.CheckAsync(CancellationToken.None);
                Assert.True(live.RefusedReload is not null, $"{way} was not refused.");
                Assert.Equal(revision, live.Current.Revision);
                Clear(gateway.ConfigPath);
                refused++;
            }
            else
            {
                await gateway.RewriteAsync(good);
                await reloader.CheckAsync(CancellationToken.None);
                Assert.Null(live.RefusedReload);
            }
        }

        await stop.CancelAsync();
        await run;
        Assert.Equal([HttpStatusCode.Accepted], load.Answers.Keys);
        Assert.Empty(load.Unanswered);

        // What waits for a consumer that a reload removed goes out when it is back.
        await gateway.RewriteAsync(Table(consumer, "a1", "a2", "b1", "b2"));
        await reloader.CheckAsync(CancellationToken.None);
        await Eventually.TrueAsync(
            () => consumer.Count >= 3 * load.AcknowledgedCount && consumer.Arrivals.Select(arrival => arrival.DeliveryId).Distinct().Count() == 3 * load.AcknowledgedCount,
            Patience, () => "three deliveries of each event");

        var tables = Ask(Path.Combine(gateway.Folder, "gateway.db"),
            "SELECT consumers || ': ' || count(*) FROM (SELECT group_concat(consumer, ' ') AS consumers FROM (SELECT event_seq, consumer FROM delivery ORDER BY event_seq, consumer) GROUP BY event_seq) GROUP BY consumers");
        Assert.All(tables, table => Assert.Contains(table.Split(':')[0], (string[])["a1 a2 keep", "b1 b2 keep"]));
        Assert.Equal(2, tables.Count);
        Report($"{reloads} reloads under {Size(200, 500)} events/s",
            $"{refused} refused, {load.AcknowledgedCount} acknowledged, 0 lost, 0 other answers, {RepeatsOf(consumer)} repeats; consumers per event: {string.Join(", ", tables)}");
    }

    private static int RepeatsOf(Sink consumer) => consumer.Count - consumer.Arrivals.Select(arrival => arrival.DeliveryId).Distinct().Count();

    private static string Table(Sink consumer, params string[] names)
    {
        string[] all = [.. names, "keep"];
        return Config([.. all.Select(name => (name, consumer.Url, (string?)null))]);
    }

    private static void Put(GatewayHost gateway, string way, string good)
    {
        var path = gateway.ConfigPath;
        switch (way)
        {
            case "cut":
                File.WriteAllText(path, good[..(good.Length / 2)]);
                break;
            case "empty":
                File.WriteAllText(path, "");
                break;
            case "unknown key":
                File.WriteAllText(path, good.Insert(1, "\"nonsense\": 1,"));
                break;
            case "doubled key":
                File.WriteAllText(path, good.Insert(1, "\"routes\": [],"));
                break;
            case "unknown consumer":
                File.WriteAllText(path, good.Replace("\"to\":[\"", "\"to\":[\"nobody\",\"", StringComparison.Ordinal));
                break;
            case "secret missing":
                File.WriteAllText(path, good.Replace("ANGO_WEBHOOK_SECRET", "NO_SUCH_SECRET", StringComparison.Ordinal));
                break;
            case "UTF-16":
                File.WriteAllText(path, good, Encoding.Unicode);
                break;
            case "unreadable":
                File.Delete(path);
                Directory.CreateDirectory(path);
                break;
            case "deleted":
                File.Delete(path);
                break;
            default:
                File.WriteAllText(path + ".target", "{}");
                File.CreateSymbolicLink(path + ".link", path + ".target");
                File.Move(path + ".link", path, overwrite: true);
                break;
        }
    }

    private static void Clear(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path);
    }

    /// <summary>The system's clock without the reloader's ticks: the test takes them in its own time.</summary>
    private sealed class Unhurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            period == ConfigReloader.Interval
                ? base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
                : base.CreateTimer(callback, state, dueTime, period);
    }
}
