using System.IO.Pipelines;

namespace AngoGateway.Ingress;

/// <summary>
/// How long a body may take. The read is ended, not cancelled by a token, so that Kestrel finds its pipe in order when the
/// answer goes out.
/// </summary>
internal sealed class BodyDeadline(PipeReader body) : IDisposable
{
    private CancellationTokenSource? _timer;
    private CancellationTokenRegistration _ending;

    /// <summary>From the first call on; later ones change nothing.</summary>
    public void Begin(TimeSpan limit, TimeProvider timeProvider)
    {
        if (_timer is not null)
        {
            return;
        }

        _timer = new CancellationTokenSource(limit, timeProvider);
        _ending = _timer.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body);
    }

    public void Dispose()
    {
        _ending.Dispose();
        _timer?.Dispose();
    }
}
