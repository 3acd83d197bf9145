using AngoGateway.Deliveries;
using AngoGateway.Tests.Support;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Deliveries;

public sealed class CircuitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Circuit _circuit;

    public CircuitTests() => _circuit = new Circuit(_time, () => 0, openSince: null);

    [Fact]
    public void Ten_failures_in_a_row_open_it_and_nine_do_not()
    {
        Fail(9);
        Assert.False(_circuit.IsOpen);
        Fail(1);
        Assert.Equal(_time.GetUtcNow(), _circuit.OpenSince);
    }

    [Theory]
    [InlineData("Alive", false)]
    [InlineData("None", true)]
    public void A_sign_of_life_begins_the_row_anew_and_silence_does_not(string between, bool opens)
    {
        Fail(9);
        _circuit.Hear(_circuit.Begin(), Enum.Parse<ConsumerSign>(between));
        Fail(9);
        Assert.Equal(opens, _circuit.IsOpen);
    }

    [Fact]
    public void Answers_429_count_as_failures()
    {
        for (var i = 0; i < Circuit.FailuresToOpen; i++)
            _circuit.Hear(_circuit.Begin(), ConsumerSign.Overloaded);
        Assert.True(_circuit.IsOpen);
    }

    [Fact]
    public void Probes_go_one_at_a_time_a_second_after_the_last_and_doubling_to_a_minute()
    {
        Fail(Circuit.FailuresToOpen);

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            Assert.Equal(TimeSpan.FromSeconds(seconds), _circuit.Wait());
            _time.Advance(TimeSpan.FromSeconds(seconds));
            Assert.Equal(TimeSpan.Zero, _circuit.Wait());

            var probe = _circuit.Begin();
            _time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(Timeout.InfiniteTimeSpan, _circuit.Wait());
            _circuit.Hear(probe, ConsumerSign.Failing);
        }
    }

    [Fact]
    public void One_answered_probe_closes_it_and_the_next_outage_is_probed_from_the_start()
    {
        Fail(Circuit.FailuresToOpen);
        _time.Advance(TimeSpan.FromSeconds(1));
        _circuit.Hear(_circuit.Begin(), ConsumerSign.Failing);
        _time.Advance(TimeSpan.FromSeconds(2));
        _circuit.Hear(_circuit.Begin(), ConsumerSign.Alive);

        Assert.False(_circuit.IsOpen);
        Assert.Equal(TimeSpan.Zero, _circuit.Wait());
        Fail(Circuit.FailuresToOpen);
        Assert.Equal(TimeSpan.FromSeconds(1), _circuit.Wait());
    }

    [Fact]
    public void Attempts_from_before_it_opened_neither_space_the_probes_nor_open_it_again()
    {
        var old = Enumerable.Range(0, 30).Select(_ => _circuit.Begin()).ToArray();
        Array.ForEach(old[..10], turn => _circuit.Hear(turn, ConsumerSign.Failing));
        Array.ForEach(old[10..20], turn => _circuit.Hear(turn, ConsumerSign.Failing));
        Assert.Equal(TimeSpan.FromSeconds(1), _circuit.Wait());

        _time.Advance(TimeSpan.FromSeconds(1));
        _circuit.Hear(_circuit.Begin(), ConsumerSign.Alive);
        Array.ForEach(old[20..], turn => _circuit.Hear(turn, ConsumerSign.Failing));
        Assert.False(_circuit.IsOpen);
    }

    [Fact]
    public void A_probe_that_was_cut_short_makes_room_for_the_next_at_once()
    {
        Fail(Circuit.FailuresToOpen);
        _time.Advance(TimeSpan.FromSeconds(1));

        _circuit.Hear(_circuit.Begin(), ConsumerSign.None);

        Assert.Equal(TimeSpan.Zero, _circuit.Wait());
    }

    [Fact]
    public void One_that_was_open_at_the_last_stop_begins_with_a_probe()
    {
        var since = _time.GetUtcNow().AddDays(-1);
        var circuit = new Circuit(_time, () => 0, since);

        Assert.Equal(since, circuit.OpenSince);
        Assert.Equal(TimeSpan.Zero, circuit.Wait());
        var probe = circuit.Begin();
        Assert.Equal(Timeout.InfiniteTimeSpan, circuit.Wait());
        circuit.Hear(probe, ConsumerSign.Failing);
        Assert.Equal(TimeSpan.FromSeconds(1), circuit.Wait());
    }

    [Fact]
    public void What_another_gateway_has_found_holds_here_and_news_from_before_does_not()
    {
        var old = _circuit.Begin();
        _circuit.Adopt(_time.GetUtcNow());

        Assert.Equal(TimeSpan.FromSeconds(1), _circuit.Wait());
        _circuit.Hear(old, ConsumerSign.Failing);
        Assert.Equal(TimeSpan.FromSeconds(1), _circuit.Wait());

        _circuit.Adopt(null);
        Assert.Equal((false, TimeSpan.Zero), (_circuit.IsOpen, _circuit.Wait()));
        Fail(9);
        Assert.False(_circuit.IsOpen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_clock_that_jumps_an_hour_does_not_move_the_probes(int hours)
    {
        var clock = new JumpingClock(_time);
        var circuit = new Circuit(clock, () => 0, openSince: null);
        for (var i = 0; i < Circuit.FailuresToOpen; i++)
            circuit.Hear(circuit.Begin(), ConsumerSign.Failing);

        clock.Jump(TimeSpan.FromHours(hours));

        Assert.Equal(TimeSpan.FromSeconds(1), circuit.Wait());
    }

    [Fact]
    public void Whatever_happens_no_two_probes_are_runningor_nearer_than_a_second_and_jitter_only_delays() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 200], Gen.Double[0, 1].Where(jitter => jitter < 1)).Sample((moves, jitter) =>
        {
            var time = new FakeTimeProvider();
            var circuit = new Circuit(time, () => jitter, openSince: null);
            var running = new Queue<int>();
            long? failedProbe = null;
            foreach (var move in moves)
            {
                if (move == 0 && circuit.Wait() == TimeSpan.Zero)
                {
                    if (circuit.IsOpen && failedProbe is { } at)
                        Assert.True(time.GetElapsedTime(at) >= Circuit.FirstSpacing);
                    running.Enqueue(circuit.Begin());
                    Assert.True(!circuit.IsOpen || circuit.Wait() == Timeout.InfiniteTimeSpan);
                }
                else if (move is 1 or 2 && running.TryDequeue(out var turn))
                {
                    var wasOpen = circuit.IsOpen;
                    circuit.Hear(turn, move == 1 ? ConsumerSign.Failing : ConsumerSign.None);
                    failedProbe = !circuit.IsOpen ? null : wasOpen ? failedProbe : time.GetTimestamp();
                }
                else
                {
                    time.Advance(TimeSpan.FromMilliseconds(300));
                }

                Assert.True(circuit.Wait() <= Circuit.LongestSpacing * 1.2);
            }
        });

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            _circuit.Hear(_circuit.Begin(), ConsumerSign.Failing);
    }
}
