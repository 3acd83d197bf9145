using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AngoGateway.Bench;

/// <summary>Signed requests that differ in one field, their task's id, written into one buffer over and over.</summary>
internal sealed class Webhooks
{
    public const string Path = "/hooks/ango";
    public const string Secret = "the secret of the bench";

    // Ango Hub's ids are 24 hex digits: 8 for the connection, 16 for the count.
    private const int IdLength = 24;
    private const int CountLength = 16;
    private const int SignatureLength = 40;

    private static readonly byte[] Key = Encoding.UTF8.GetBytes(Secret);

    private readonly byte[] _request;
    private readonly int _signatureAt;
    private readonly int _bodyAt;
    private readonly int _countAt;
    private ulong _count;

    /// <param name="host">For the Host header.</param>
    /// <param name="connection">Makes the ids differ from those of other connections.</param>
    /// <param name="bytes">Length of the payload.</param>
    public Webhooks(string host, int connection, int bytes = 2048)
    {
        var id = $"{connection:x8}{new string('0', CountLength)}";
        var payload = Payload(id, bytes);
        var head = $"""
            POST {Path} HTTP/1.1
            Host: {host}
            Content-Type: application/json
            X-Hub-Signature: {new string('0', SignatureLength)}
            Content-Length: {payload.Length}


            """.ReplaceLineEndings("\r\n");
        _request = [.. Encoding.ASCII.GetBytes(head), .. payload];
        _signatureAt = head.IndexOf("X-Hub-Signature: ", StringComparison.Ordinal) + "X-Hub-Signature: ".Length;
        _bodyAt = head.Length;
        _countAt = _bodyAt + payload.AsSpan().IndexOf(Encoding.ASCII.GetBytes(id)) + IdLength - CountLength;
    }

    /// <summary>The next request; the buffer is overwritten by the one after it.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        _count++;
        for (var (digit, rest) = (CountLength - 1, _count); digit >= 0; digit--, rest >>= 4)
        {
            _request[_countAt + digit] = "0123456789abcdef"u8[(int)(rest & 15)];
        }

        Span<byte> signature = stackalloc byte[SignatureLength / 2];
        HMACSHA1.HashData(Key, _request.AsSpan(_bodyAt), signature);
        Convert.TryToHexStringLower(signature, _request.AsSpan(_signatureAt), out _);
        return _request;
    }

    // Now: an event older than retention.keys would be quarantined.
    private static byte[] Payload(string id, int bytes)
    {
        var payload = new JsonObject
        {
            ["projectId"] = "66c5a3babfebe70015f8b15c",
            ["asset"] = "https://assets.example.com/tile.png",
            ["batches"] = new JsonArray("66a10251b75d08b259bb16c1"),
            ["padding"] = "",
            ["task"] = new JsonObject
            {
                ["taskId"] = id,
                ["stage"] = "Review",
                ["updatedAt"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ"),
                ["tools"] = new JsonArray(),
            },
        };
        payload["padding"] = new string('x', bytes - payload.ToJsonString().Length);
        return Encoding.UTF8.GetBytes(payload.ToJsonString());
    }
}
