using System.Text;
using AngoGateway.Sources;
using AngoGateway.Tests.Envelopes;
using CsCheck;
using Microsoft.AspNetCore.Http;

namespace AngoGateway.Tests.Sources;

/// <summary>Bodies that arrive in pieces, at once, or not to their end.</summary>
public sealed class SignatureStreamTests
{
    private const string Secret = "your_secret_key";

    private static readonly byte[] Body = "{\"task\":{}}"u8.ToArray();
    private static readonly string Signature = TestSource.Sha1Of(Secret, Body);

    [Fact]
    public void A_body_fed_byte_by_byte_equals_one_piece()
    {
        var body = SampleFile.Read("02-stage-2025-uuid.json");
        using var verification = TestSource.Signed("a", Secret).Begin(TestSource.Headers("X-Hub-Signature", TestSource.Sha1Of(Secret, body)));
        for (var i = 0; i < body.Length; i++)
        {
            verification.Append(body.AsSpan(i, 1));
        }

        Assert.Equal(new Verdict(null, 1), verification.Finish(body));
    }

    [Fact]
    public void A_body_fed_in_any_pieces_equals_one_piece()
    {
        var source = TestSource.Signed(Secret);
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Int[0, 700].List[0, 12]).Sample(
            (body, pieces) =>
            {
                using var verification = source.Begin(TestSource.Headers("X-Hub-Signature", TestSource.Sha1Of(Secret, body)));
                ReadOnlySpan<byte> rest = body;
                foreach (var piece in pieces)
                {
                    verification.Append(rest[..Math.Min(piece, rest.Length)]);
                    rest = rest[Math.Min(piece, rest.Length)..];
                }

                verification.Append(rest);
                return verification.Finish(body).IsVerified;
            },
            iter: 500);
    }

    [Fact]
    public void An_abandoned_body_leaves_nothing_behind_in_the_pool()
    {
        var source = TestSource.Signed(Secret);
        for (var i = 0; i < 20; i++)
        {
            using (var abandoned = source.Begin(TestSource.Headers("X-Hub-Signature", Signature)))
            {
                abandoned.Append("half a bo"u8);
            }

            Assert.True(TestSource.Verify(source, Body, Signature).IsVerified);
        }
    }

    [Fact]
    public void Requests_at_once_do_not_mix()
    {
        var source = TestSource.Signed("a", Secret);
        Parallel.For(0, 200, i =>
        {
            var body = Encoding.UTF8.GetBytes($"body {i}");
            Assert.True(TestSource.Verify(source, body, TestSource.Sha1Of(Secret, body)).IsVerified);
            Assert.False(TestSource.Verify(source, body, Signature).IsVerified);
        });
    }

    [Fact]
    public void Disposing_twice_gives_the_macs_back_once()
    {
        var source = TestSource.Signed(Secret);
        var verification = source.Begin(TestSource.Headers("X-Hub-Signature", Signature));
        verification.Dispose();
        verification.Dispose();

        using var one = source.Begin(TestSource.Headers("X-Hub-Signature", Signature));
        using var other = source.Begin(TestSource.Headers("X-Hub-Signature", Signature));
        one.Append(Body);
        other.Append(Body);
        Assert.True(one.Finish(Body).IsVerified);
        Assert.True(other.Finish(Body).IsVerified);
    }

    [Fact]
    public void Memory_does_not_grow_with_the_body()
    {
        var source = TestSource.Signed("a", Secret);
        var (small, large) = (new byte[2 * 1024], new byte[2 * 1024 * 1024]);
        var (smallHeaders, largeHeaders) = (HeadersOf(small), HeadersOf(large));
        AllocatedBy(source, large, largeHeaders);

        Assert.Equal(AllocatedBy(source, small, smallHeaders), AllocatedBy(source, large, largeHeaders));
    }

    private static HeaderDictionary HeadersOf(byte[] body) => TestSource.Headers("X-Hub-Signature", TestSource.Sha1Of(Secret, body));

    private static long AllocatedBy(Source source, byte[] body, HeaderDictionary headers)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var verdict = TestSource.Verify(source, body, headers);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(verdict.IsVerified);
        return allocated;
    }
}
