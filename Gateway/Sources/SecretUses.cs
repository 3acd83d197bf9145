namespace AngoGateway.Sources;

/// <summary>When each secret of a source was last the one that matched, so that a rotated one can be retired. Known since the start only.</summary>
internal sealed class SecretUses
{
    private readonly byte[][] _secrets;
    private readonly long[] _seconds;

    /// <param name="secrets">In the order of the configuration.</param>
    /// <param name="previous">Of the same source before a reload: what is known of a secret goes with it, wherever it stands now.</param>
    public SecretUses(byte[][] secrets, SecretUses? previous)
    {
        _secrets = secrets;
        _seconds = Array.ConvertAll(secrets, secret => previous?.Of(secret) ?? 0);
    }

    public int Count => _secrets.Length;

    /// <summary>Unix time in seconds; null when it was not used yet.</summary>
    public long? LastUsed(int index) => Volatile.Read(ref _seconds[index]) is var seconds and not 0 ? seconds : null;

    public void Note(int index, DateTimeOffset now) => Volatile.Write(ref _seconds[index], now.ToUnixTimeSeconds());

    private long Of(byte[] secret)
    {
        var index = Array.FindIndex(_secrets, own => own.AsSpan().SequenceEqual(secret));
        return index < 0 ? 0 : Volatile.Read(ref _seconds[index]);
    }
}
