using AngoGateway.Sources;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Sources;

/// <summary>Published HMAC test vectors, through a whole source.</summary>
public sealed class SignatureVectorTests
{
    private static readonly string Key20 = Repeat("0b", 20);
    private static readonly string Key25 = "0102030405060708090a0b0c0d0e0f10111213141516171819";

    /// <summary>RFC 2202, section 3: all seven cases. Key and data in hex.</summary>
    public static TheoryData<string, string, string> Rfc2202 => new()
    {
        { Key20, Hex("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00" },
        { Hex("Jefe"), Hex("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
        { Repeat("aa", 20), Repeat("dd", 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
        { Key25, Repeat("cd", 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
        { Repeat("0c", 20), Hex("Test With Truncation"), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
        { Repeat("aa", 80), Hex("Test Using Larger Than Block-Size Key - Hash Key First"), "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
        {
            Repeat("aa", 80),
            Hex("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"
        },
    };

    /// <summary>RFC 4231, section 4: cases 1 to 4, 6 and 7 (5 is truncated).</summary>
    public static TheoryData<string, string, string> Rfc4231 => new()
    {
        { Key20, Hex("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { Hex("Jefe"), Hex("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { Repeat("aa", 20), Repeat("dd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { Key25, Repeat("cd", 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        {
            Repeat("aa", 131),
            Hex("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        },
        {
            Repeat("aa", 131),
            Hex("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc2202))]
    public void Rfc_2202_vectors_verify(string key, string data, string mac) => AssertVector(SignatureAlgorithm.Sha1, key, data, mac);

    [Theory]
    [MemberData(nameof(Rfc4231))]
    public void Rfc_4231_vectors_verify(string key, string data, string mac) => AssertVector(SignatureAlgorithm.Sha256, key, data, mac);

    private static void AssertVector(SignatureAlgorithm algorithm, string key, string data, string mac)
    {
        var auth = new AuthConfig(AuthType.HubSignature, [key], Algorithm: algorithm);
        var source = Source.Compile("vectors", new SourceConfig("/", auth), Convert.FromHexString, null, new FakeTimeProvider());
        var body = Convert.FromHexString(data);

        Assert.Equal(new Verdict(null, 0), TestSource.Verify(source, body, mac));
        Assert.Equal(Rejection.Mismatch, TestSource.Verify(source, [.. body, 0], mac).Rejection);
        var wrong = (mac[0] == '0' ? '1' : '0') + mac[1..];
        Assert.Equal(Rejection.Mismatch, TestSource.Verify(source, body, wrong).Rejection);
    }

    private static string Repeat(string octet, int count) => string.Concat(Enumerable.Repeat(octet, count));

    private static string Hex(string ascii) => Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(ascii));
}
