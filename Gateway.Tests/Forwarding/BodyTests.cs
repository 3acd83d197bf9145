using System.Security.Cryptography;
using AngoGateway.Tests.Support;

namespace AngoGateway.Tests.Forwarding;

public sealed class BodyTests : IDisposable
{
    private readonly FakeConsumer _qa = FakeConsumer.Start();

    public void Dispose() => _qa.Dispose();

    // YARP forwards a chunked request whose body was read and not put back as an empty one, and says 200.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 220_000)]
    [InlineData(true, 220_000)]
    [InlineData(false, 2_000_000)]
    [InlineData(true, 2_000_000)]
    public async Task A_live_body_arrives_byte_for_byte(bool chunked, int size)
    {
        var qa = Bench.Short("qa", _qa.Url);
        await using var bench = await Bench.StartAsync(qa);
        var payload = Bytes(size);
        var relay = bench.StartRelay(qa);
        using var request = relay.Request(bench.Address, payload, chunked);

        using var response = await bench.Sender.SendAsync(request);

        Assert.Equal(200, (await relay.Outcome).Status);
        Received(payload);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(220_000)]
    [InlineData(2_000_000)]
    public async Task A_stored_body_arrives_byte_for_byte(int size)
    {
        var qa = Bench.Short("qa", _qa.Url);
        await using var bench = await Bench.StartAsync(qa);
        var payload = Bytes(size);

        // A slice, as pooled memory is.
        var pooled = new byte[size + 20];
        payload.CopyTo(pooled, 10);
        await bench.ForwardAsync(live: false, qa, Bench.Webhook with { Payload = pooled.AsMemory(10, size) });

        Received(payload);
    }

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private void Received(byte[] payload)
    {
        var received = Assert.Single(_qa.Received);
        Assert.Equal(payload.Length.ToString(), received.Headers["Content-Length"]);
        Assert.False(received.Headers.ContainsKey("Transfer-Encoding"));
        Assert.Equal(SHA256.HashData(payload), SHA256.HashData(received.Body));
    }
}
