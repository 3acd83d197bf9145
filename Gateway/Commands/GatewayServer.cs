namespace AngoGateway.Commands;

/// <summary>The gateway as one running thing: both listeners, the journal and the lanes.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    public Uri PublicAddress => throw new NotSupportedException();

    public Uri AdminAddress => throw new NotSupportedException();

    /// <exception cref="NotSupportedException">Not composed yet.</exception>
    public static Task<GatewayServer> StartAsync(
        string configPath, Func<string, string?> environment, Action<WebApplicationBuilder>? customize, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
