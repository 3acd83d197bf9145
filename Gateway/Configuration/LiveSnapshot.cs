namespace AngoGateway.Configuration;

/// <summary>Holds the snapshot in force. A good reload swaps it whole; a refused one leaves it and is shown.</summary>
internal sealed class LiveSnapshot(GatewaySnapshot first)
{
    private GatewaySnapshot _current = first;

    public GatewaySnapshot Current => Volatile.Read(ref _current);

    /// <summary>Why the newest file was refused; null while the file and the snapshot agree. For <c>/readyz</c>.</summary>
    public string? RefusedReload { get; set; }

    /// <summary>Raised after each swap.</summary>
    public event Action<GatewaySnapshot>? Swapped;

    public void Swap(GatewaySnapshot next)
    {
        Volatile.Write(ref _current, next);
        RefusedReload = null;
        Swapped?.Invoke(next);
    }
}
