using AngoGateway.Consumers;
using CsCheck;

namespace AngoGateway.Tests.Consumers;

public class RetryScheduleTests
{
    private static readonly RetrySchedule Default = RetrySchedule.From(new RetryConfig());

    // From one tick to the largest TimeSpan, every order of magnitude alike; the first delay is at most the greatest.
    private static readonly Gen<RetrySchedule> Schedules =
        from bits in Gen.Int[0, 62]
        from max in Gen.Long[1L << bits, (1L << bits) - 1 + (1L << bits)]
        from first in Gen.Long[1, max]
        select new RetrySchedule(TimeSpan.FromTicks(first), TimeSpan.FromTicks(max), TimeSpan.FromDays(1));

    private static readonly Gen<int> Attempts = Gen.OneOf(Gen.Int[1, 100], Gen.Int[1, int.MaxValue]);

    private static readonly Gen<TimeSpan?> RetryAfters =
        Gen.OneOf(Gen.Const((TimeSpan?)null), Gen.TimeSpan.Select(wait => (TimeSpan?)wait));

    private static readonly Gen<double> Jitters = Gen.Double[0, 1].Where(jitter => jitter < 1);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 10)]
    [InlineData(3, 20)]
    [InlineData(10, 2560)]
    [InlineData(11, 3600)]
    [InlineData(12, 3600)]
    [InlineData(int.MaxValue, 3600)]
    public void The_wait_doubles_up_to_the_longest(int attempt, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Default.DelayAfter(attempt, null, false, 0));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_number_below_the_first_attempt_counts_as_the_first(int attempt) =>
        Assert.Equal(Default.FirstDelay, Default.DelayAfter(attempt, null, false, 0));

    [Theory]
    [InlineData(-3600, 5)]
    [InlineData(0, 5)]
    [InlineData(4, 5)]
    [InlineData(120, 120)]
    [InlineData(3600, 3600)]
    [InlineData(86400, 3600)]
    public void Retry_After_lengthens_the_wait_up_to_the_longest(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Default.DelayAfter(1, TimeSpan.FromSeconds(asked), false, 0));

    [Fact]
    public void An_overloaded_consumer_is_left_alone_for_a_minute() =>
        Assert.Equal(TimeSpan.FromMinutes(1), Default.DelayAfter(1, null, true, 0));

    [Fact]
    public void An_overloaded_consumer_is_left_alone_for_the_longest_delay_when_that_is_less_than_a_minute()
    {
        var brisk = Default with { MaxDelay = TimeSpan.FromSeconds(20) };

        Assert.Equal(TimeSpan.FromSeconds(20), brisk.DelayAfter(1, null, true, 0));
    }

    [Fact]
    public void Overload_does_not_shorten_a_wait_that_is_longer_than_a_minute() =>
        Assert.Equal(TimeSpan.FromSeconds(160), Default.DelayAfter(6, null, true, 0));

    [Fact]
    public void A_first_delay_above_the_longest_is_cut_to_it()
    {
        var odd = Default with { FirstDelay = TimeSpan.FromHours(2) };

        Assert.Equal(odd.MaxDelay, odd.DelayAfter(1, null, false, 0));
    }

    [Fact]
    public void Jitter_adds_its_share_of_a_fifth() =>
        Assert.Equal(TimeSpan.FromSeconds(5.5), Default.DelayAfter(1, null, false, 0.5));

    [Fact]
    public void Without_jitter_the_wait_never_gets_shorter_with_the_attempts() =>
        Gen.Select(Schedules, Attempts, Attempts, RetryAfters, Gen.Bool).Sample((schedule, one, other, asked, overloaded) =>
        {
            var sooner = schedule.DelayAfter(Math.Min(one, other), asked, overloaded, 0);
            var later = schedule.DelayAfter(Math.Max(one, other), asked, overloaded, 0);
            Assert.True(sooner <= later, $"{sooner} then {later}");
        });

    [Fact]
    public void The_wait_stays_between_the_first_delay_and_the_longest_plus_a_fifth() =>
        Gen.Select(Schedules, Attempts, RetryAfters, Gen.Bool, Jitters).Sample((schedule, attempt, asked, overloaded, jitter) =>
        {
            var wait = schedule.DelayAfter(attempt, asked, overloaded, jitter);
            Assert.InRange((Int128)wait.Ticks, schedule.FirstDelay.Ticks, (Int128)schedule.MaxDelay.Ticks * 6 / 5);
        });

    [Fact]
    public void Jitter_only_delays_and_by_less_than_a_fifth() =>
        Gen.Select(Schedules, Attempts, RetryAfters, Gen.Bool, Jitters).Sample((schedule, attempt, asked, overloaded, jitter) =>
        {
            var plain = schedule.DelayAfter(attempt, asked, overloaded, 0);
            var wait = schedule.DelayAfter(attempt, asked, overloaded, jitter);
            Assert.InRange((Int128)wait.Ticks, plain.Ticks, (Int128)plain.Ticks * 6 / 5);
        });

    [Fact]
    public void A_bounded_Retry_After_is_always_waited_for() =>
        Gen.Select(Schedules, Attempts, Gen.TimeSpan, Gen.Bool, Jitters).Sample((schedule, attempt, asked, overloaded, jitter) =>
        {
            var wait = schedule.DelayAfter(attempt, asked, overloaded, jitter);
            Assert.True(wait >= asked || wait >= schedule.MaxDelay, $"asked for {asked}, waits {wait}");
        });

    [Fact]
    public void A_delivery_gives_up_when_its_next_attempt_would_start_after_its_greatest_age()
    {
        var queued = new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var last = queued + Default.MaxAge;

        Assert.False(Default.GivesUp(queued, queued));
        Assert.False(Default.GivesUp(queued, last));
        Assert.True(Default.GivesUp(queued, last.AddTicks(1)));
    }

    [Fact]
    public void A_delivery_without_a_bound_on_its_age_never_gives_up()
    {
        var patient = Default with { MaxAge = TimeSpan.MaxValue };

        Assert.False(patient.GivesUp(DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
    }
}
