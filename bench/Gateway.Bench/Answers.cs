using System.Net.Sockets;
using System.Text;

namespace AngoGateway.Bench;

/// <summary>As much of HTTP as a bench needs: small answers, each read before the next request is sent.</summary>
internal static class Answers
{
    /// <summary>One send need not take all of a large request.</summary>
    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[await socket.SendAsync(request, CancellationToken.None)..];
        }
    }

    /// <summary>The status of the answer, which is read to its end.</summary>
    public static async Task<int> ReadStatusAsync(this Socket socket, byte[] answer)
    {
        for (var filled = 0; ;)
        {
            filled += Some(await socket.ReceiveAsync(answer.AsMemory(filled), CancellationToken.None), answer, filled);
            if (Status(answer.AsSpan(0, filled)) is { } status)
            {
                return status;
            }
        }
    }

    /// <summary>The same on a thread of its own, which the answer wakes directly.</summary>
    public static int ReadStatus(this Socket socket, byte[] answer)
    {
        for (var filled = 0; ;)
        {
            filled += Some(socket.Receive(answer.AsSpan(filled)), answer, filled);
            if (Status(answer.AsSpan(0, filled)) is { } status)
            {
                return status;
            }
        }
    }

    /// <summary>Whether nothing more is answered on the connection of this answer.</summary>
    public static bool Closes(ReadOnlySpan<byte> answer) => answer[..answer.IndexOf("\r\n\r\n"u8)].IndexOf("\r\nConnection: close"u8) >= 0;

    /// <summary>Of the body after this head, whose last line is whole.</summary>
    public static int Length(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            var name = "content-length:"u8;
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                return int.Parse(line[name.Length..].Trim((byte)' '));
            }
        }

        throw new IOException($"Nothing says how long it is: \"{Encoding.ASCII.GetString(head)}\".");
    }

    private static int Some(int read, byte[] answer, int filled) => read > 0
        ? read
        : throw new IOException($"The connection was closed after \"{Encoding.ASCII.GetString(answer, 0, filled)}\".");

    // Null: there is more to come.
    private static int? Status(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        // Only refusals come in chunks.
        var whole = answer[..end].IndexOf("Transfer-Encoding: chunked"u8) >= 0
            ? answer.EndsWith("\r\n0\r\n\r\n"u8)
            : answer.Length >= end + 4 + Length(answer[..(end + 2)]);
        // HTTP/1.1 202 …
        return whole ? int.Parse(answer[9..12]) : null;
    }
}
