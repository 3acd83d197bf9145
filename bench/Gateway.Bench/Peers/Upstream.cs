using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// The internal services behind every system: reads each byte it gets and answers 200, over plain sockets, for as little as
/// that costs. Any path is one of its; <c>GET</c> has it report what arrived, and from then on until the next one it takes
/// the SHA-256 of every payload.
/// </summary>
internal static class Upstream
{
    /// <summary>So many services, each at an address of its own.</summary>
    public const int Services = 3;

    private const int BufferSize = 256 * 1024;

    private static readonly byte[] Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
    private static readonly Lock Recording = new();
    private static readonly List<string> Hashes = [];
    private static volatile bool _records;
    private static long _arrived;

    public static async Task RunAsync()
    {
        BenchProcess.AnswerInline();
        var addresses = new List<string>();
        for (var i = 0; i < Services; i++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1024);
            addresses.Add($"http://{listener.LocalEndPoint}");
            _ = Task.Run(() => AcceptAsync(listener));
        }

        Console.WriteLine($"ready at {string.Join(" and ", addresses)}");
        // Ends with whoever started it.
        await Console.In.ReadToEndAsync();
    }

    /// <summary>What arrived at all services: how often so far, and since the last question the SHA-256 of each.</summary>
    public static async Task<(long Arrived, string[] Hashes)> AskAsync(Uri address, bool record)
    {
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(address, record ? "record" : "count"))).Split('\n');
        return (long.Parse(lines[0]), lines[1..]);
    }

    private static async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            _ = Task.Run(() => ServeAsync(socket));
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var mine = socket;
        var (buffer, filled) = (new byte[BufferSize], 0);
        try
        {
            while (true)
            {
                var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
                if (end < 0)
                {
                    var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                    continue;
                }

                if (buffer.AsSpan().StartsWith("GET"u8))
                {
                    await socket.SendAsync(Report(record: buffer.AsSpan().StartsWith("GET /record"u8)));
                    filled = 0;
                    continue;
                }

                // Whoever is told a length tells it on, all of the systems.
                var rest = Answers.Length(buffer.AsSpan(0, end + 2)) - (filled - end - 4);
                using var hash = _records ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
                hash?.AppendData(buffer.AsSpan(end + 4, filled - end - 4));
                while (rest > 0)
                {
                    var read = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(rest, BufferSize)));
                    if (read == 0)
                    {
                        return;
                    }

                    hash?.AppendData(buffer.AsSpan(0, read));
                    rest -= read;
                }

                Keep(hash);
                await socket.SendAsync(Ok);
                filled = 0;
            }
        }
        catch (SocketException)
        {
            // The system has ended.
        }
    }

    private static void Keep(IncrementalHash? hash)
    {
        if (hash is not null)
        {
            lock (Recording)
            {
                Hashes.Add(Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
        }

        Interlocked.Increment(ref _arrived);
    }

    private static byte[] Report(bool record)
    {
        lock (Recording)
        {
            _records = record;
            var report = string.Join('\n', (string[])[$"{Volatile.Read(ref _arrived)}", .. Hashes]);
            Hashes.Clear();
            return Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {report.Length}\r\n\r\n{report}");
        }
    }
}
