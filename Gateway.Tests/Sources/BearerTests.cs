using AngoGateway.Sources;

namespace AngoGateway.Tests.Sources;

public sealed class BearerTests
{
    private readonly Source _source = TestSource.Compile(new AuthConfig(AuthType.Bearer, Tokens: ["first", "sécond/+=="]));

    [Theory]
    [InlineData("Bearer first", 0)]
    [InlineData("bearer first", 0)]
    [InlineData("BEARER  first ", 0)]
    [InlineData("Bearer sécond/+==", 1)]
    public void A_token_is_verified_from_the_headers(string header, int index)
    {
        using var verification = _source.Begin(TestSource.Headers("Authorization", header));

        Assert.Null(verification.Refused);
        Assert.Null(verification.Signature);
        verification.Append("whatever"u8);
        Assert.Equal(new Verdict(null, index), verification.Finish("whatever"u8));
    }

    [Theory]
    [InlineData("Bearer First")]
    [InlineData("Bearer firs")]
    [InlineData("Bearer firstt")]
    [InlineData("Bearer first, Bearer first")]
    [InlineData("Bearer first,first")]
    public void Another_token_is_a_mismatch_before_the_body(string header) => AssertRefused(Rejection.Mismatch, header);

    [Theory]
    [InlineData("")]
    [InlineData("first")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer   ")]
    [InlineData("Bearerfirst")]
    [InlineData("Basic first")]
    public void What_is_no_bearer_token_is_malformed(string header) => AssertRefused(Rejection.Malformed, header);

    [Fact]
    public void No_header_is_missing() => AssertRefused(Rejection.Missing);

    [Fact]
    public void Two_headers_are_malformed() => AssertRefused(Rejection.Malformed, "Bearer first", "Bearer first");

    private void AssertRefused(Rejection rejection, params string[] headers)
    {
        using var verification = _source.Begin(TestSource.Headers("Authorization", headers));

        Assert.Equal(new Verdict(rejection), verification.Refused);
        Assert.Equal(new Verdict(rejection), verification.Finish([]));
    }
}
