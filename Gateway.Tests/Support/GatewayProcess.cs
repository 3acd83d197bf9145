using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace AngoGateway.Tests.Support;

/// <summary>A real gateway process, to be killed, stopped, measured and started for real.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    /// <summary>What the runtime reports for a process that ended by SIGKILL.</summary>
    public const int EndedByKill = 128 + 9;

    private const int SigTerm = 15;
    private const int SigContinue = 18;
    private const int SigStop = 19;

    private readonly Process _process;
    private readonly Task<string> _errors;

    private GatewayProcess(Process process, Uri publicAddress, Uri adminAddress, Task<string> output, Task<string> errors)
    {
        (_process, Output, _errors) = (process, output, errors);
        Public = new HttpClient { BaseAddress = publicAddress, Timeout = TimeSpan.FromSeconds(30) };
        Admin = new HttpClient { BaseAddress = adminAddress };
    }

    public HttpClient Public { get; }

    public HttpClient Admin { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote to standard output after its addresses; complete once it has exited.</summary>
    public Task<string> Output { get; }

    /// <summary>What it wrote to standard error; complete once it has exited.</summary>
    public Task<string> Errors => _errors;

    /// <summary>Resident memory in bytes.</summary>
    public long Memory => 1024 * long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>Processor time used so far, by all its threads.</summary>
    public TimeSpan Processor
    {
        get
        {
            // After the name in parentheses: utime and stime are the 12th and 13th, in ticks of 10 ms.
            var fields = File.ReadAllText($"/proc/{Id}/stat").Split(") ")[1].Split(' ');
            return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Starts <c>run --config FILE</c> and waits until it says that it takes webhooks.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; with what it wrote to standard error.</exception>
    public static async Task<GatewayProcess> StartAsync(string configPath, params (string Name, string Value)[] environment)
    {
        var process = Process.Start(StartInfo(configPath, environment))!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
            {
                // Keeps the pipe empty, so that the process never waits for somebody to read its output.
                var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new GatewayProcess(process, new Uri(match.Groups["url"].Value), new Uri(match.Groups["admin"].Value), output, errors);
            }
        }

        await process.WaitForExitAsync(patience.Token);
        throw new InvalidOperationException($"The gateway did not start, exit code {process.ExitCode}: {await errors}");
    }

    /// <summary>Starts one that is expected to end by itself before it takes webhooks.</summary>
    /// <returns>Its exit code and what it wrote to standard error.</returns>
    public static async Task<(int ExitCode, string Errors)> RunToEndAsync(string configPath, params (string Name, string Value)[] environment)
    {
        using var process = Process.Start(StartInfo(configPath, environment))!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        await output;
        return (process.ExitCode, await errors);
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
        Signal(SigTerm);
        await WaitForExitAsync(TimeSpan.FromSeconds(60));
    }

    public async Task WaitForExitAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(patience.Token);
    }

    /// <summary>SIGSTOP: the process is frozen as it is, nothing more is written.</summary>
    public void Freeze() => Signal(SigStop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal(SigContinue);

    public async ValueTask DisposeAsync()
    {
        Public.Dispose();
        Admin.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string configPath, (string Name, string Value)[] environment)
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
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
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

    [GeneratedRegex(@"takes webhooks at (?<url>http://\S+) \(admin: (?<admin>http://[^\s)]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
