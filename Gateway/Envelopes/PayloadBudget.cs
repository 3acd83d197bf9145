namespace AngoGateway.Envelopes;

/// <summary>A bound on the pooled memory of many payloads together, whoever sends them.</summary>
/// <param name="bytes">Memory in use at once, spare room in the buffers included.</param>
internal sealed class PayloadBudget(long bytes)
{
    private long _free = bytes;

    /// <summary>Bytes that nobody holds at this moment.</summary>
    public long Free => Interlocked.Read(ref _free);

    /// <summary>Takes them all or none.</summary>
    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _free, -count) >= 0)
            return true;

        Interlocked.Add(ref _free, count);
        return false;
    }

    public void Return(int count) => Interlocked.Add(ref _free, count);
}
