using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

#pragma warning disable CA1050, MA0047 // The runtime looks for this very name, in no namespace.
/// <summary>
/// Loaded by the runtime into a gateway process (DOTNET_STARTUP_HOOKS): ends it by SIGKILL when it reaches the named
/// checkpoint for the n-th time, in the middle of whatever it was doing.
/// </summary>
internal static partial class StartupHook
{
    /// <summary><c>NAME:N</c>, N from 1.</summary>
    public const string Variable = "GATEWAY_TEST_CRASH_AT";

    private const int SigKill = 9;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(':') is [var checkpoint, var times])
            DiagnosticListener.AllListeners.Subscribe(new Listeners(new Trap(checkpoint, int.Parse(times, CultureInfo.InvariantCulture))));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private sealed class Listeners(Trap trap) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "ango-gateway.checkpoints")
                value.Subscribe(trap, name => name == trap.Checkpoint);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class Trap(string checkpoint, int times) : IObserver<KeyValuePair<string, object?>>
    {
        private int _reached;

        public string Checkpoint => checkpoint;

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == checkpoint && Interlocked.Increment(ref _reached) == times)
                _ = Kill(Environment.ProcessId, SigKill);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
