using System.Diagnostics;
using System.Text.RegularExpressions;

namespace AngoGateway.Bench;

/// <summary>A process of the bench: started, known by the addresses on the line with which it says that it is ready, ended.</summary>
internal sealed partial class BenchProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private BenchProcess(Process process, Uri[] addresses) => (_process, Addresses) = (process, addresses);

    public IReadOnlyList<Uri> Addresses { get; }

    /// <summary>Processor time used so far, by all its threads.</summary>
    public TimeSpan Processor => ProcessTimes.Of(_process.Id);

    /// <summary>Starts a program that lies beside this one and waits for the line with its addresses.</summary>
    public static async Task<BenchProcess> StartAsync(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)).ToArray())
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

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://[^\s)]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
