using System.Net.Sockets;
using System.Security.Cryptography;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// Whether a system does what it is measured for: a signed payload of this size arrives byte for byte, at as many services as it
/// should, and a forged one is refused and arrives nowhere.
/// </summary>
internal static class PeerCheck
{
    public static async Task RunAsync(Peer peer, Stand stand, PeerGround ground, Payload payload)
    {
        var webhooks = new Webhooks(stand.Targets[0].Authority, ClosedLoop.NextConnection(), payload);
        if (peer.Verifies)
        {
            var (status, hashes) = await SendAsync(webhooks.NextForged());
            Expect(status is 401 && hashes.Length == 0, $"a forged webhook got {status}, and {hashes.Length} arrived");
        }

        var signed = webhooks.Next();
        var expected = Convert.ToHexStringLower(SHA256.HashData(signed.Span[webhooks.BodyAt..]));
        var (answer, arrived) = await SendAsync(signed);
        Expect(
            answer == stand.Good && arrived.Length == peer.Arrivals && arrived.All(hash => hash == expected),
            $"a signed webhook got {answer}, and {arrived.Count(hash => hash == expected)} of {arrived.Length} that arrived are it; {peer.Arrivals} should");

        async Task<(int Status, string[] Hashes)> SendAsync(ReadOnlyMemory<byte> request)
        {
            await Upstream.AskAsync(ground.Upstream.Addresses[0], record: true);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(stand.Targets[0].Host, stand.Targets[0].Port);
            await socket.SendAllAsync(request);
            var status = await socket.ReadStatusAsync(new byte[4096]);
            await stand.DrainAsync();
            return (status, (await Upstream.AskAsync(ground.Upstream.Addresses[0], record: false)).Hashes);
        }

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new InvalidOperationException(
                    $"{peer.Name} does not do its work with {payload.Bytes.Length} bytes: {otherwise}. Its configuration is written by the file of its name in Peers/.");
            }
        }
    }
}
