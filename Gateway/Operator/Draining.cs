using AngoGateway.Configuration;

namespace AngoGateway.Operator;

/// <summary>
/// The time between SIGTERM and the end of the listeners: <c>/readyz</c> says draining, webhooks are still taken. A sender
/// that may never try again is better answered 202 than 503 by a gateway that can still commit.
/// </summary>
internal sealed class Draining(LiveSnapshot live, TimeProvider timeProvider) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await Task.Delay(live.Current.Listen.DrainTime, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
