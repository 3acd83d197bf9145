using System.Text.Json;
using AngoGateway.Sources;
using AngoGateway.Tests.Envelopes;

namespace AngoGateway.Tests.Sources;

public sealed class HubSignatureTests
{
    private const string Secret = "your_secret_key";

    private static readonly byte[] Body = "{\"task\":{}}"u8.ToArray();
    private static readonly string Signature = TestSource.Sha1Of(Secret, Body);

    public static TheoryData<string> Samples => [.. SampleFile.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_verifies_with_its_published_signature(string name)
    {
        using var published = JsonDocument.Parse(SampleFile.Read("signatures.json"));
        var entry = published.RootElement.GetProperty("files").GetProperty(name);
        var secret = published.RootElement.GetProperty("secret").GetString()!;
        var body = SampleFile.Read(name);

        Assert.Equal(entry.GetProperty("bytes").GetInt32(), body.Length);
        Assert.True(TestSource.Verify(TestSource.Signed(secret), body, entry.GetProperty("signature").GetString()!).IsVerified);
        body[^2] ^= 1;
        Assert.Equal(
            new Verdict(Rejection.Mismatch),
            TestSource.Verify(TestSource.Signed(secret), body, entry.GetProperty("signature").GetString()!));
    }

    [Fact]
    public void An_empty_body_can_be_signed() =>
        Assert.True(TestSource.Verify(TestSource.Signed(Secret), [], TestSource.Sha1Of(Secret, [])).IsVerified);

    [Fact]
    public void Hex_in_either_case_with_or_without_prefix_is_accepted()
    {
        foreach (var form in (string[])[Signature, Signature.ToUpperInvariant(), "sha1=" + Signature, "SHA1=" + Signature.ToUpperInvariant()])
        {
            Assert.Equal(new Verdict(null, 0), TestSource.Verify(TestSource.Signed(Secret), Body, form));
        }

        var sha256 = TestSource.Compile(new AuthConfig(AuthType.HubSignature, [Secret], Algorithm: SignatureAlgorithm.Sha256));
        Assert.True(TestSource.Verify(sha256, Body, "sha256=" + TestSource.Sha256Of(Secret, Body)).IsVerified);
        Assert.True(TestSource.Verify(sha256, Body, TestSource.Sha256Of(Secret, Body).ToUpperInvariant()).IsVerified);
    }

    [Fact]
    public void Malformed_headers_are_refused_before_the_body()
    {
        string[][] malformed =
        [
            [""], ["sha1="], ["x"], [Signature[1..]], [Signature + "0"], [Signature[..^1] + "g"], [" " + Signature[1..]],
            ["sha256=" + Signature], ["sha1=" + TestSource.Sha256Of(Secret, Body)], ["sha512=" + Signature], ["sha1:" + Signature],
            ["0x" + Signature[2..]], ["sha1=sha1=" + Signature], ["\u0661" + Signature[1..]],
            [Signature + ", " + Signature], [Signature + "," + Signature], [Signature, Signature], [Signature, ""], ["", Signature],
        ];
        foreach (var values in malformed)
        {
            var source = TestSource.Signed(Secret);
            using var verification = source.Begin(TestSource.Headers("X-Hub-Signature", values));

            Assert.Equal(new Verdict(Rejection.Malformed), verification.Refused);
            verification.Append(Body);
            Assert.Equal(new Verdict(Rejection.Malformed), verification.Finish(Body));
        }
    }

    [Fact]
    public void A_missing_header_is_refused_before_the_body()
    {
        using var verification = TestSource.Signed(Secret).Begin(TestSource.Headers("X-Hub-Signature-256", Signature));

        Assert.Equal(new Verdict(Rejection.Missing), verification.Refused);
        Assert.Equal(new Verdict(Rejection.Missing), verification.Finish(Body));
    }

    [Fact]
    public void The_header_has_the_name_that_was_configured()
    {
        var source = TestSource.Compile(new AuthConfig(AuthType.HubSignature, [Secret], Header: "X-Other"));

        Assert.Equal("X-Other", source.SignatureHeader);
        Assert.True(TestSource.Verify(source, Body, TestSource.Headers("x-other", Signature)).IsVerified);
        Assert.Equal(Rejection.Missing, TestSource.Verify(source, Body, Signature).Rejection);
    }

    [Fact]
    public void The_signature_is_handed_on_as_received()
    {
        using var verification = TestSource.Signed(Secret).Begin(TestSource.Headers("X-Hub-Signature", "sha1=" + Signature.ToUpperInvariant()));

        Assert.Null(verification.Refused);
        Assert.Equal("sha1=" + Signature.ToUpperInvariant(), verification.Signature);
    }

    [Fact]
    public void The_verdict_names_the_secret_that_matched()
    {
        var source = TestSource.Signed("first", "second", "third", "second");

        Assert.Equal(0, TestSource.Verify(source, Body, TestSource.Sha1Of("first", Body)).SecretIndex);
        Assert.Equal(1, TestSource.Verify(source, Body, TestSource.Sha1Of("second", Body)).SecretIndex);
        Assert.Equal(2, TestSource.Verify(source, Body, TestSource.Sha1Of("third", Body)).SecretIndex);
        Assert.Equal(new Verdict(Rejection.Mismatch), TestSource.Verify(source, Body, TestSource.Sha1Of("fourth", Body)));
    }
}
