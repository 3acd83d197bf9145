namespace AngoGateway.Configuration;

/// <summary>Holds the snapshot in force. A good reload swaps it whole; a refused one leaves it and is shown.</summary>
internal sealed class LiveSnapshot(GatewaySnapshot first)
{
    private GatewaySnapshot _current = first;
    private string? _refusedReload;
    private long _reloadedAt;

    public GatewaySnapshot Current => Volatile.Read(ref _current);

    /// <summary>Why the newest file was refused; null while the file and the snapshot agree. For <c>/readyz</c>.</summary>
    public string? RefusedReload
    {
        get => Volatile.Read(ref _refusedReload);
        set => Volatile.Write(ref _refusedReload, value);
    }

    /// <summary>When a change of the file was last applied or refused; null since the start.</summary>
    public DateTimeOffset? ReloadedAt
    {
        get => Volatile.Read(ref _reloadedAt) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _reloadedAt, value?.UtcTicks ?? 0);
    }

    /// <summary>Raised after each swap, on the reloader's thread. A handler takes what it needs and returns at once.</summary>
    public event Action<GatewaySnapshot>? Swapped;

    /// <summary>Only the reloader calls it: two writers could put an older snapshot over a newer one.</summary>
    public void Swap(GatewaySnapshot next)
    {
        Volatile.Write(ref _current, next);
        RefusedReload = null;
        Swapped?.Invoke(next);
    }
}
