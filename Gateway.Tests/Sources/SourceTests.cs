using AngoGateway.Sources;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Sources;

public sealed class SourceTests
{
    private static readonly AuthConfig Open = new(AuthType.None, AllowUnauthenticated: true);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_source_has_what_its_configuration_says()
    {
        var config = new SourceConfig("/hooks/x", new AuthConfig(AuthType.HubSignature, ["env:A"]), Project: "p");

        var source = Source.Compile("ango", config, _ => [1], null, _time);

        Assert.Equal(("ango", "/hooks/x", "p"), (source.Name, source.Path, source.Project));
        Assert.Equal((AuthType.HubSignature, "X-Hub-Signature"), (source.AuthType, source.SignatureHeader));
        Assert.Null(TestSource.Compile(Open).SignatureHeader);
    }

    [Fact]
    public void An_open_source_takes_everything()
    {
        using var verification = TestSource.Compile(Open).Begin(TestSource.Headers("X-Hub-Signature", "x"));

        Assert.Null(verification.Refused);
        Assert.Null(verification.Signature);
        Assert.Equal(new Verdict(null, 0), verification.Finish("{}"u8));
    }

    public static TheoryData<string> OpenByMistake => ["no secrets", "empty secret", "empty retired", "no tokens", "empty token", "none"];

    [Theory]
    [MemberData(nameof(OpenByMistake))]
    public void What_would_let_everybody_in_does_not_compile(string mistake)
    {
        var auth = mistake switch
        {
            "no secrets" => new AuthConfig(AuthType.HubSignature, Tokens: ["x"]),
            "empty secret" => new AuthConfig(AuthType.HubSignature, ["x", ""]),
            "empty retired" => new AuthConfig(AuthType.HubSignature, ["x"], RetiredSecrets: [""]),
            "no tokens" => new AuthConfig(AuthType.Bearer, ["x"]),
            "empty token" => new AuthConfig(AuthType.Bearer, Tokens: [""]),
            _ => new AuthConfig(AuthType.None),
        };

        Assert.Throws<ArgumentException>(() => TestSource.Compile(auth));
    }

    [Fact]
    public void Without_a_limit_everything_is_admitted()
    {
        var source = TestSource.Compile(Open);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(source.TryAdmit(out var _)));
    }

    [Theory]
    [InlineData(1, TimeSpan.TicksPerSecond)]
    [InlineData(7, TimeSpan.TicksPerSecond)]
    [InlineData(1000, TimeSpan.TicksPerDay)]
    [InlineData(4, 10)]
    [InlineData(100, 10)]
    public void A_burst_of_the_permits_is_admitted_and_not_one_more(int permits, long windowTicks)
    {
        var source = Limited(permits, TimeSpan.FromTicks(windowTicks));

        Assert.Equal(permits, AdmittedOf(source, permits * 2));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(permits, AdmittedOf(source, permits * 2));
    }

    [Fact]
    public void A_permit_is_free_when_it_was_said_to_be()
    {
        var source = Limited(4, TimeSpan.FromSeconds(10));
        AdmittedOf(source, 4);

        Assert.False(source.TryAdmit(out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(2.5), retryAfter);
        _time.Advance(retryAfter - TimeSpan.FromTicks(1));
        Assert.False(source.TryAdmit(out retryAfter));
        Assert.Equal(TimeSpan.FromTicks(1), retryAfter);
        _time.Advance(retryAfter);
        Assert.Equal(1, AdmittedOf(source, 4));
    }

    [Fact]
    public void Over_a_long_time_the_rate_is_the_permits_per_window()
    {
        var source = Limited(3, TimeSpan.FromSeconds(1));
        var admitted = 0;
        for (var i = 0; i < 1000; i++)
        {
            admitted += AdmittedOf(source, 5);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(admitted, 3 * 99, (3 * 100) + 3);
    }

    [Fact]
    public void Requests_at_once_share_the_permits()
    {
        var source = Limited(100, TimeSpan.FromSeconds(1));
        var admitted = 0;
        Parallel.For(0, 1000, _ => Interlocked.Add(ref admitted, AdmittedOf(source, 1)));

        Assert.Equal(100, admitted);
    }

    [Fact]
    public void A_reload_keeps_the_limit_that_did_not_change()
    {
        var source = Limited(2, TimeSpan.FromSeconds(1));
        AdmittedOf(source, 2);

        Assert.Equal(0, AdmittedOf(Limited(2, TimeSpan.FromSeconds(1), source), 5));
        Assert.Equal(3, AdmittedOf(Limited(3, TimeSpan.FromSeconds(1), source), 5));
        Assert.Equal(5, AdmittedOf(TestSource.Compile(Open, _time, null, source), 5));
    }

    [Fact]
    public void A_window_without_end_does_not_overflow() => Assert.Equal(2, AdmittedOf(Limited(2, TimeSpan.MaxValue), 5));

    private Source Limited(int permits, TimeSpan window, Source? previous = null) =>
        TestSource.Compile(Open, _time, new RateLimitConfig(permits, window), previous);

    private static int AdmittedOf(Source source, int requests) => Enumerable.Range(0, requests).Count(_ => source.TryAdmit(out var _));
}
