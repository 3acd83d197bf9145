using AngoGateway.Deliveries;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Deliveries;

public sealed class PaceTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Pace _pace;

    public PaceTests() => _pace = new Pace(_time);

    [Fact]
    public void Nothing_slows_down_a_consumer_that_never_complained()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(TimeSpan.Zero, _pace.Wait());
            _pace.Hear(_pace.Begin(), ConsumerSign.Alive, hold: null);
        }
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    public void An_answer_429_holds_the_whole_lane_as_long_as_it_asks_and_a_second_at_least(int? retryAfter, int seconds)
    {
        _pace.Hear(_pace.Begin(), ConsumerSign.Overloaded, retryAfter is { } s ? TimeSpan.FromSeconds(s) : null);

        Assert.Equal(TimeSpan.FromSeconds(seconds), _pace.Wait());
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(TimeSpan.Zero, _pace.Wait());
    }

    [Fact]
    public void The_first_429_halves_what_the_consumer_took()
    {
        for (var i = 0; i < 100; i++)
            _pace.Hear(_pace.Begin(), ConsumerSign.Alive, hold: null);
        _pace.Hear(_pace.Begin(), ConsumerSign.Overloaded, hold: null);

        Assert.Equal(50, _pace.Rate);
    }

    [Fact]
    public void Attempts_that_were_on_their_way_at_a_429_do_not_halve_again()
    {
        var begun = Enumerable.Range(0, 100).Select(_ => _pace.Begin()).ToArray();
        Array.ForEach(begun[..60], at => _pace.Hear(at, ConsumerSign.Alive, hold: null));
        _time.Advance(Step);
        Array.ForEach(begun[60..], at => _pace.Hear(at, ConsumerSign.Overloaded, hold: null));

        Assert.Equal(30, _pace.Rate);
    }

    [Fact]
    public void A_rate_that_nobody_uses_does_not_grow()
    {
        _pace.Restart();
        _pace.Begin();
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.Zero, _pace.Wait());
        Assert.InRange(_pace.Rate, Pace.AfterOutage, Pace.AfterOutage * 1.1);
    }

    [Fact]
    public void A_consumer_without_limits_is_at_full_speed_again_minutes_after_its_outage()
    {
        _pace.Restart();
        var began = _time.GetTimestamp();
        while (!double.IsPositiveInfinity(_pace.Rate))
        {
            if (_pace.Wait() == TimeSpan.Zero)
                _pace.Begin();
            else
                _time.Advance(Step);
        }

        Assert.InRange(_time.GetElapsedTime(began).TotalMinutes, 1, 4);
    }

    [Fact]
    public void After_a_short_outage_it_goes_on_with_half_of_what_the_consumer_took()
    {
        for (var i = 0; i < 600; i++)
            _pace.Hear(_pace.Begin(), ConsumerSign.Alive, hold: null);

        _time.Advance(TimeSpan.FromSeconds(3));
        _pace.Restart();

        Assert.Equal(300, _pace.Rate);
    }

    [Fact]
    public void An_outage_never_makes_it_faster()
    {
        _pace.Hear(_pace.Begin(), ConsumerSign.Overloaded, hold: null);
        var slow = _pace.Rate;

        _pace.Restart();

        Assert.Equal(slow, _pace.Rate);
    }

    // The consumer of the story: back after an outage, itself limited, twenty thousand waiting.
    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    [InlineData(400)]
    public void A_limited_consumer_sees_few_429s_and_no_burst_while_a_backlog_drains(int perSecond)
    {
        var run = new Simulation(perSecond, latencyMs: 20, concurrency: 16);

        run.Drain(400 * perSecond, afterOutage: true);

        Assert.InRange(run.Refused / (double)run.Answers, 0, 0.05);
        Assert.InRange(run.Taken / run.Seconds.Count, perSecond * 0.6, perSecond);
        foreach (var minute in run.Seconds.Chunk(60).Where(minute => minute.Length == 60))
            Assert.True(minute.Max() <= 3 * minute.Average(), $"{minute.Max()} in a second, {minute.Average()} on average");
    }

    [Fact]
    public void A_limited_consumer_sees_few_429s_when_a_backlog_meets_it_at_full_speed()
    {
        var run = new Simulation(perSecond: 50, latencyMs: 5, concurrency: 64);

        run.Drain(20_000, afterOutage: false);

        Assert.InRange(run.Refused / (double)run.Answers, 0, 0.05);
    }

    [Fact]
    public void Whatever_it_hears_it_never_stops_for_good_and_never_waits_longer_than_asked() =>
        Gen.Int[0, 4].Array[1, 300].Sample(moves =>
        {
            var time = new FakeTimeProvider();
            var pace = new Pace(time);
            foreach (var move in moves)
            {
                time.Advance(TimeSpan.FromMilliseconds(move * 100));
                if (move == 4)
                    pace.Restart();
                else if (pace.Wait() == TimeSpan.Zero)
                    pace.Hear(pace.Begin(), (ConsumerSign)move, TimeSpan.FromSeconds(move));
                Assert.InRange(pace.Rate, 0.5, double.PositiveInfinity);
                Assert.InRange(pace.Wait(), TimeSpan.Zero, TimeSpan.FromSeconds(3));
            }
        });

    /// <summary>A lane before a consumer that takes so many in each second and answers 429 with Retry-After: 1 beyond.</summary>
    private sealed class Simulation(int perSecond, int latencyMs, int concurrency)
    {
        private readonly FakeTimeProvider _time = new();
        private readonly Queue<(long Due, long Begun)> _running = new();

        public List<double> Seconds { get; } = [];

        public int Answers { get; private set; }

        public int Refused { get; private set; }

        public int Taken => Answers - Refused;

        public void Drain(int backlog, bool afterOutage)
        {
            var pace = new Pace(_time);
            if (afterOutage)
                pace.Restart();

            for (var ms = 0L; Taken < backlog && ms < 3_600_000; ms++)
            {
                if (ms % 1000 == 0)
                    Seconds.Add(0);

                while (_running.TryPeek(out var first) && first.Due <= ms)
                {
                    _running.Dequeue();
                    Answers++;
                    var takes = Seconds[^1] < perSecond;
                    (Seconds[^1], Refused) = takes ? (Seconds[^1] + 1, Refused) : (Seconds[^1], Refused + 1);
                    pace.Hear(first.Begun, takes ? ConsumerSign.Alive : ConsumerSign.Overloaded, takes ? null : TimeSpan.FromSeconds(1));
                }

                while (_running.Count < concurrency && pace.Wait() == TimeSpan.Zero)
                    _running.Enqueue((ms + latencyMs, pace.Begin()));
                _time.Advance(Step);
            }

            Assert.True(Taken >= backlog, $"{Taken} of {backlog} after an hour");
        }
    }
}
