using AngoGateway.Consumers;
using AngoGateway.Deliveries;
using AngoGateway.Forwarding;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Deliveries;

public sealed class AttemptOutcomeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 11, 12, 0, 0, TimeSpan.Zero);
    private static readonly RetrySchedule Schedule = new(TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), TimeSpan.FromDays(1));

    [Theory]
    [InlineData(200, "Delivered")]
    [InlineData(204, "Delivered")]
    [InlineData(299, "Delivered")]
    [InlineData(301, "Dead")]
    [InlineData(302, "Dead")]
    [InlineData(307, "Dead")]
    [InlineData(400, "Dead")]
    [InlineData(401, "Dead")]
    [InlineData(404, "Dead")]
    [InlineData(408, "Retry")]
    [InlineData(410, "Dead")]
    [InlineData(422, "Dead")]
    [InlineData(425, "Retry")]
    [InlineData(429, "Retry")]
    [InlineData(500, "Retry")]
    [InlineData(503, "Retry")]
    [InlineData(599, "Retry")]
    public void Each_status_has_one_consequence(int status, string expected) =>
        Assert.Equal(expected, Of(ForwardResult.Responded, status).Result.ToString());

    [Theory]
    [InlineData("TimedOut", "Retry")]
    [InlineData("Failed", "Retry")]
    [InlineData("NoHealthyAddress", "Deferred")]
    [InlineData("CannotBuild", "Dead")]
    [InlineData("Canceled", "Abandoned")]
    public void Each_way_of_getting_no_response_has_one_consequence(string result, string expected) =>
        Assert.Equal(expected, Of(Enum.Parse<ForwardResult>(result), null).Result.ToString());

    [Theory]
    [InlineData(200, "Alive")]
    [InlineData(302, "Alive")]
    [InlineData(400, "Alive")]
    [InlineData(410, "Alive")]
    [InlineData(429, "Overloaded")]
    [InlineData(408, "Failing")]
    [InlineData(425, "Failing")]
    [InlineData(500, "Failing")]
    [InlineData(503, "Failing")]
    public void Each_status_says_something_of_the_consumers_health(int status, string sign)
    {
        Assert.Equal(sign, Of(ForwardResult.Responded, status).Sign.ToString());
        Assert.Equal(sign, Of(ForwardResult.Responded, status, queuedAt: Now.AddDays(-2)).Sign.ToString());
    }

    [Theory]
    [InlineData("TimedOut", "Failing")]
    [InlineData("Failed", "Failing")]
    [InlineData("NoHealthyAddress", "Failing")]
    [InlineData("CannotBuild", "None")]
    [InlineData("Canceled", "None")]
    public void Each_way_of_getting_no_response_says_something_of_the_consumers_health(string result, string sign) =>
        Assert.Equal(sign, Of(Enum.Parse<ForwardResult>(result), null).Sign.ToString());

    [Theory]
    [InlineData(null, null)]
    [InlineData(7, 7)]
    [InlineData(86400, 3600)]
    public void An_answer_429_holds_the_lane_within_the_longest_delay(int? retryAfter, int? hold) => Assert.Equal(
        hold, (int?)Of(ForwardResult.Responded, 429, retryAfter: retryAfter is { } s ? TimeSpan.FromSeconds(s) : null).Hold?.TotalSeconds);

    [Fact]
    public void Overload_waits_a_minute_and_a_plain_failure_does_not()
    {
        Assert.Equal(Now.AddSeconds(5), Of(ForwardResult.Responded, 500).DueAt);
        Assert.Equal(Now.AddMinutes(1), Of(ForwardResult.Responded, 429).DueAt);
        Assert.Equal(Now.AddMinutes(1), Of(ForwardResult.TimedOut, null).DueAt);
    }

    [Fact]
    public void A_wait_that_would_end_past_the_maximum_age_is_not_begun()
    {
        var old = Now - TimeSpan.FromDays(1) + TimeSpan.FromSeconds(4);
        Assert.Equal(AttemptResult.Dead, Of(ForwardResult.Responded, 500, queuedAt: old).Result);
        Assert.Equal(AttemptResult.Dead, Of(ForwardResult.NoHealthyAddress, null, queuedAt: old).Result);
        Assert.Equal(AttemptResult.Delivered, Of(ForwardResult.Responded, 200, queuedAt: old).Result);
    }

    [Fact]
    public void A_deferral_is_settled_without_an_attempt()
    {
        var attempt = new Attempt(1, Now, TimeSpan.Zero, null, null, null, null);
        Assert.Null(Of(ForwardResult.NoHealthyAddress, null).Settle(attempt).Attempt);
        Assert.Equal(DeliveryState.Pending, Of(ForwardResult.NoHealthyAddress, null).Settle(attempt).State);
        Assert.Same(attempt, Of(ForwardResult.Responded, 500).Settle(attempt).Attempt);
    }

    private static AttemptOutcome Of(ForwardResult result, int? status, DateTimeOffset? queuedAt = null, TimeSpan? retryAfter = null) => AttemptOutcome.Of(
        new ForwardOutcome(result, status, retryAfter, Address: null, Error: null, Response: null),
        attempts: 1, queuedAt ?? Now, Schedule, Now, jitter: 0);
}
