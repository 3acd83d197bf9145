using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace AngoGateway.Tests.Support;

/// <summary>A real gateway process, to be killed, stopped and started for real.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;

    private GatewayProcess(Process process, Uri publicAddress)
    {
        _process = process;
        Public = new HttpClient { BaseAddress = publicAddress, Timeout = TimeSpan.FromSeconds(30) };
    }

    public HttpClient Public { get; }

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts <c>run --config FILE</c> and waits until it says that it takes webhooks.</summary>
    public static async Task<GatewayProcess> StartAsync(string configPath)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ango-gateway.dll"), "run", "--config", configPath])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["ANGO_WEBHOOK_SECRET"] = SignedWebhook.Secret;
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        start.Environment["Logging__LogLevel__AngoGateway"] = "Error";
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
            {
                // Keeps the pipe empty, so that the process never waits for somebody to read its output.
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new GatewayProcess(process, new Uri(match.Groups["url"].Value));
            }
        }

        throw new InvalidOperationException($"The gateway did not start: {await errors}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task TerminateAsync()
    {
        Signal(15);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: the process is frozen as it is, nothing more is written.</summary>
    public void Freeze() => Signal(19);

    public async ValueTask DisposeAsync()
    {
        Public.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"kill -{signal} failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [GeneratedRegex(@"takes webhooks at (?<url>http://\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
