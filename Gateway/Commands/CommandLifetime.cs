using System.Runtime.CompilerServices;

namespace AngoGateway.Commands;

/// <summary>
/// A host inside a command: signals are the command's, which stops its hosts in its own order. The default lifetime would
/// take each signal as well, and stop one of them by itself, perhaps while it is still starting.
/// </summary>
internal sealed class CommandLifetime : IHostLifetime
{
    /// <summary>
    /// To be awaited first of all: System.CommandLine runs an action up to its first wait and takes signals only then. One
    /// that came before would end the process in the middle of a start.
    /// </summary>
    public static YieldAwaitable SignalsAreTaken() => Task.Yield();

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
