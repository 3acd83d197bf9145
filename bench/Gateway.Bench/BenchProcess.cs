using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace AngoGateway.Bench;

/// <summary>A process of the bench: started, known by the addresses on the line with which it says that it is ready, ended.</summary>
internal sealed partial class BenchProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    // The pipe to `cat` closes with the process that holds its other end, however that ended.
    private const string Watch =
        """
        log=$1; shift
        "$@" > "$log" 2>&1 &
        server=$!
        echo "$server"
        exec 2> /dev/null
        cat > /dev/null
        kill -TERM "$server"
        wait "$server"
        """;

    private readonly Process _process;

    // Watched, with its children: not of .NET, and not our own child.
    private readonly int? _family;

    private BenchProcess(Process process, Uri[] addresses, int? family = null) => (_process, Addresses, _family) = (process, addresses, family);

    public IReadOnlyList<Uri> Addresses { get; }

    /// <summary>Its id, where it is one of .NET.</summary>
    public int Id => _process.Id;

    /// <summary>Processor time used so far, by all its threads and children.</summary>
    public TimeSpan Processor => _family is { } family ? ProcessTimes.OfFamily(family) : ProcessTimes.Of(_process.Id);

    /// <summary>The most memory it had in use since <see cref="ForgetPeak"/>, in bytes; what its processes share counts for each.</summary>
    public long PeakMemory => Family.Sum(ProcessMemory.Peak);

    private IEnumerable<int> Family => _family is { } family ? ProcessTimes.Family(family) : [_process.Id];

    /// <summary>Starts a program that lies beside this one and waits for the line with its addresses.</summary>
    public static async Task<BenchProcess> StartAsync(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var inherited in start.Environment.Keys.Where(static name =>
            name.StartsWith("OTEL_", StringComparison.Ordinal) || name == Inline).ToArray())
        {
            start.Environment.Remove(inherited);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (Address().Matches(line) is { Count: > 0 } matches)
            {
                // Its log is written as ever, and read by nobody: bytes straight to nowhere, so that it never waits.
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return new BenchProcess(process, [.. matches.Select(match => new Uri(match.Value))]);
            }
        }

        throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not start.");
    }

    /// <summary>Starts any program and waits until it listens.</summary>
    /// <param name="command">The program, found by its name, and its arguments.</param>
    /// <param name="address">Where it was told to listen.</param>
    /// <param name="folder">Has its log.</param>
    public static async Task<BenchProcess> StartWatchedAsync(string[] command, Uri address, string folder)
    {
        var log = Path.Combine(folder, "log");
        var watch = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Watch, "sh", log, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var process = new BenchProcess(watch, [address], int.Parse((await watch.StandardOutput.ReadLineAsync())!));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var began = TimeProvider.System.GetTimestamp(); await ticks.WaitForNextTickAsync();)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(address.Host, address.Port);
                return process;
            }
            catch (SocketException) when (TimeProvider.System.GetElapsedTime(began) < Patience / 2 && process.Family.Any())
            {
                // It is still starting.
            }
            catch (SocketException exception)
            {
                await process.DisposeAsync();
                throw new InvalidOperationException($"{command[0]} does not listen at {address}. Its log: {await File.ReadAllTextAsync(log)}", exception);
            }
        }

        throw new UnreachableException();
    }

    /// <summary>
    /// Has this process, and none that it starts, go on where the kernel woke it instead of on another thread: cheaper for
    /// one that does little with each answer. To be called before the first socket.
    /// </summary>
    public static void AnswerInline() => Environment.SetEnvironmentVariable(Inline, "1");

    /// <summary>An address on the loopback that nobody listens at.</summary>
    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }

    /// <summary>Begins to measure <see cref="PeakMemory"/> anew.</summary>
    public void ForgetPeak()
    {
        foreach (var process in Family)
        {
            ProcessMemory.ForgetPeak(process);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_family is not null)
        {
            _process.StandardInput.Close();
        }
        else
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://[^\s)]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
