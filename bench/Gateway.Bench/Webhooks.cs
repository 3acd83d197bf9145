using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Bench;

/// <summary>Signed requests that differ in their task's id and in when it was updated, which is now, written into one buffer over and over.</summary>
internal sealed class Webhooks
{
    public const string Path = "/hooks/ango";
    public const string Secret = "the secret of the bench";

    // Of an id's 24 hex digits: 8 for the connection, 16 for the count.
    private const int CountLength = 16;
    private const int SignatureLength = 40;

    private readonly byte[] _request;
    private readonly IncrementalHash _signed;
    private readonly int _signatureAt;
    private readonly int _idAt;
    private readonly int _updatedAtAt;
    private ulong _count;

    /// <param name="host">For the Host header.</param>
    /// <param name="connection">Makes the ids differ from those of other connections.</param>
    /// <param name="payload">All but the id.</param>
    public Webhooks(string host, int connection, Payload payload)
    {
        var head = $"""
            POST {Path} HTTP/1.1
            Host: {host}
            Content-Type: application/json
            X-Hub-Signature: {new string('0', SignatureLength)}
            Content-Length: {payload.Bytes.Length}


            """.ReplaceLineEndings("\r\n");
        _request = [.. Encoding.ASCII.GetBytes(head), .. payload.Bytes];
        _signed = payload.Signed();
        _signatureAt = head.IndexOf("X-Hub-Signature: ", StringComparison.Ordinal) + "X-Hub-Signature: ".Length;
        BodyAt = head.Length;
        _idAt = BodyAt + payload.IdAt;
        _updatedAtAt = BodyAt + payload.UpdatedAtAt;
        Encoding.ASCII.GetBytes($"{connection:x8}", _request.AsSpan(_idAt));
    }

    public static byte[] Key { get; } = Encoding.UTF8.GetBytes(Secret);

    /// <summary>Where in a request its payload begins.</summary>
    public int BodyAt { get; }

    /// <summary>The next request; the buffer is overwritten by the one after it.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        _count++;
        for (var (digit, rest) = (Payload.IdLength - 1, _count); digit >= Payload.IdLength - CountLength; digit--, rest >>= 4)
        {
            _request[_idAt + digit] = "0123456789abcdef"u8[(int)(rest & 15)];
        }

        TimeProvider.System.GetUtcNow().TryFormat(_request.AsSpan(_updatedAtAt), out _, Payload.TimeFormat, CultureInfo.InvariantCulture);
        Span<byte> signature = stackalloc byte[SignatureLength / 2];
        using var signing = _signed.Clone();
        signing.AppendData(_request.AsSpan(_idAt));
        signing.GetHashAndReset(signature);
        Convert.TryToHexStringLower(signature, _request.AsSpan(_signatureAt), out _);
        return _request;
    }

    /// <summary>The next request with a signature that is not its own.</summary>
    public ReadOnlyMemory<byte> NextForged()
    {
        Next();
        _request[_signatureAt] = (byte)(_request[_signatureAt] == '0' ? '1' : '0');
        return _request;
    }
}
