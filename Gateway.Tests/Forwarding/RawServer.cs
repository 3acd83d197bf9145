using System.Net;
using System.Net.Sockets;

namespace AngoGateway.Tests.Forwarding;

/// <summary>A TCP server without any HTTP: what it does with a connection is up to the test.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private static int s_last;

    private readonly TcpListener _listener = new(OwnAddress(), 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, CancellationToken, Task> _behaviour;
    private readonly Task _accepting;
    private int _connections;
    private int _heard;

    private RawServer(Func<NetworkStream, CancellationToken, Task> behaviour)
    {
        _behaviour = behaviour;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Of a black hole: connections on which a request has begun. One without is not in use yet, and may serve a later request.</summary>
    public int Heard => Volatile.Read(ref _heard);

    public static RawServer Start(Func<NetworkStream, CancellationToken, Task> behaviour) => new(behaviour);

    /// <summary>Accepts and never says a word.</summary>
    public static RawServer BlackHole()
    {
        RawServer? hole = null;
        hole = new RawServer(async (stream, stop) =>
        {
            _ = await stream.ReadAtLeastAsync(new byte[1], 1, cancellationToken: stop);
            Interlocked.Increment(ref hole!._heard);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        return hole;
    }

    /// <summary>Says this much, then nothing.</summary>
    public static RawServer Says(string text) => new(async (stream, stop) =>
    {
        _ = await stream.ReadAtLeastAsync(new byte[1], 1, cancellationToken: stop);
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(text), stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    });

    /// <summary>An address where nothing listens any more.</summary>
    public static string DeadUrl()
    {
        using var listener = new TcpListener(OwnAddress(), 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    // A port that is free again is soon another test's, and those who still call the old server would be counted here. All of
    // 127.0.0.0/8 is this machine's on Linux.
    private static IPAddress OwnAddress()
    {
        var number = Interlocked.Increment(ref s_last);
        return OperatingSystem.IsLinux() ? new IPAddress([127, 77, (byte)(number / 250), (byte)((number % 250) + 1)]) : IPAddress.Loopback;
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                open.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await _behaviour(client.GetStream(), _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The gateway hung up, or the test is over.
            }
        }
    }
}
