namespace AngoGateway.Deliveries;

/// <summary>Bounds the payload bytes that one lane holds in memory; a payload larger than the whole budget goes alone.</summary>
internal sealed class ByteBudget(long limit)
{
    private long _taken;

    public bool Fits(int size) => _taken == 0 || _taken + size <= limit;

    public void Take(int size) => _taken += size;

    public void Return(int size) => _taken -= size;
}
