namespace AngoGateway.Bench.Peers;

/// <summary>A system that is compared: what stands, or could stand, between Ango Hub and an internal service.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="StartAsync">Starts it anew.</param>
internal sealed record Peer(string Name, Func<PeerGround, Task<Stand>> StartAsync)
{
    /// <summary>Whether it refuses what is not signed.</summary>
    public bool Verifies { get; init; } = true;

    /// <summary>At how many services each webhook arrives.</summary>
    public int Arrivals { get; init; } = 1;

    /// <summary>Whether it answers before the webhook has arrived, and so has an end of its own to measure.</summary>
    public bool Queues { get; init; }

    /// <summary>Whether its deliveries wait while it is measured, so that what counts is taking webhooks alone.</summary>
    public bool Holds { get; init; }

    /// <summary>Larger payloads are not sent to it, in bytes.</summary>
    public int Largest { get; init; } = int.MaxValue;

    /// <summary>Whether its configuration depends on the size of the payloads, so that it starts anew for each.</summary>
    public bool FitsSize { get; init; }

    /// <summary>Sends it webhooks; its deliveries wait meanwhile if it <see cref="Holds"/>.</summary>
    public async Task<T> LoadAsync<T>(Stand stand, Func<Task<T>> load)
    {
        if (!Holds)
        {
            return await load();
        }

        await stand.HoldAsync(true);
        var result = await load();
        await stand.HoldAsync(false);
        return result;
    }
}

/// <summary>What a peer stands on.</summary>
/// <param name="Upstream">The internal services, at one address each.</param>
/// <param name="Database">Of those that need one; null where none of them is.</param>
/// <param name="Bytes">Of the largest payload to come.</param>
internal sealed record PeerGround(BenchProcess Upstream, PostgresCluster? Database, int Bytes)
{
    /// <summary>Starts a program that is none of ours, with its files in a folder that ends with it.</summary>
    /// <param name="command">From where it listens and its folder: the program and its arguments.</param>
    /// <param name="files">From the same: name and content of each file it needs.</param>
    public static async Task<Stand> StartAsync(Func<Uri, string, string[]> command, Func<Uri, string, (string Name, string Content)[]> files)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-peer-");
        var address = BenchProcess.FreeAddress();
        foreach (var (name, content) in files(address, folder.FullName))
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), content);
        }

        var process = await BenchProcess.StartWatchedAsync(command(address, folder.FullName), address, folder.FullName);
        return Of([process], () => folder.Delete(recursive: true));
    }

    /// <summary>A system that is done with a webhook when it has answered it, with the service's 200.</summary>
    public static Stand Of(IReadOnlyList<BenchProcess> processes, Action? dispose = null) => new(
        processes, others: [], static () => Task.CompletedTask, static () => Task.FromResult(""), dispose ?? (static () => { }))
    {
        Good = 200,
    };
}
