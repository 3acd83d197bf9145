using WireMock;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;
using WireMock.Types;
using WireMock.Util;

namespace AngoGateway.Tests.Support;

/// <summary>An internal service that takes everything posted to it: 200 until told otherwise.</summary>
internal sealed class FakeConsumer : IDisposable
{
    private readonly WireMockServer _server = WireMockServer.Start();
    private readonly Lock _lock = new();
    private readonly List<ReceivedRequest> _received = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private readonly Queue<Answer> _inTurn = [];
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Answer _answer = new(200, null, []);
    private bool _holds;

    private FakeConsumer() => _server
        .Given(Request.Create().UsingAnyMethod())
        .RespondWith(Response.Create().WithCallback(TakeAsync));

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Url => _server.Url!;

    /// <summary>What arrived, in order. A request is in here before its answer goes out.</summary>
    public IReadOnlyList<ReceivedRequest> Received
    {
        get
        {
            lock (_lock)
                return [.. _received];
        }
    }

    public static FakeConsumer Start() => new();

    /// <summary>From now on every request gets this answer.</summary>
    public FakeConsumer Answers(int status, string? body = null, params (string Name, string Value)[] headers)
    {
        lock (_lock)
        {
            _inTurn.Clear();
            _answer = new Answer(status, body, headers);
        }

        return this;
    }

    /// <summary>The next requests get these answers; the last one stays.</summary>
    public FakeConsumer AnswersInTurn(params int[] statuses)
    {
        lock (_lock)
        {
            _inTurn.Clear();
            foreach (var status in statuses)
                _inTurn.Enqueue(new Answer(status, null, []));
            _answer = new Answer(statuses[^1], null, []);
        }

        return this;
    }

    /// <summary>From now on requests are taken in and never answered.</summary>
    public FakeConsumer Holds()
    {
        lock (_lock)
            _holds = true;
        return this;
    }

    public Task WaitForEventsAsync(IReadOnlyCollection<Guid> eventIds, TimeSpan timeout) =>
        WaitForEventsAsync([.. eventIds.Select(id => $"{id:D}")], timeout);

    /// <summary>Waits until every one of these events has arrived at least once.</summary>
    public Task WaitForEventsAsync(IReadOnlyCollection<string> eventIds, TimeSpan timeout)
    {
        var missing = new HashSet<string>(eventIds, StringComparer.Ordinal);
        var seen = 0;
        return Eventually.TrueAsync(
            () =>
            {
                lock (_lock)
                {
                    for (; seen < _received.Count; seen++)
                        missing.Remove(_received[seen].Headers["X-Gateway-Event-Id"]);
                }

                return missing.Count == 0;
            },
            timeout,
            () => $"{missing.Count} of {eventIds.Count} events never arrived");
    }

    /// <summary>Waits until at least <paramref name="count"/> requests have arrived.</summary>
    /// <param name="count">How many, since the start.</param>
    /// <param name="timeout">Default 10 s.</param>
    /// <exception cref="TimeoutException">Fewer arrived in time.</exception>
    public async Task<IReadOnlyList<ReceivedRequest>> WaitForAsync(int count, TimeSpan? timeout = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_received.Count >= count)
                reached.SetResult();
            else
                _waiting.Add((count, reached));
        }

        await reached.Task.WaitAsync(timeout ?? TimeSpan.FromSeconds(10));
        return Received;
    }

    public void Dispose()
    {
        _disposed.TrySetResult();
        _server.Dispose();
    }

    private async Task<IResponseMessage> TakeAsync(IRequestMessage request)
    {
        var received = new ReceivedRequest(
            request.Method,
            request.Path,
            request.RawQuery?.TrimStart('?') ?? "",
            request.Headers!.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            request.BodyAsBytes ?? []);
        Answer answer;
        bool holds;
        lock (_lock)
        {
            _received.Add(received);
            holds = _holds;
            answer = _inTurn.TryDequeue(out var next) ? next : _answer;
            foreach (var (_, reached) in _waiting.Where(each => _received.Count >= each.Count))
                reached.TrySetResult();
        }

        if (holds)
            await _disposed.Task;
        return new ResponseMessage
        {
            StatusCode = answer.Status,
            Headers = answer.Headers.ToDictionary(header => header.Name, header => new WireMockList<string>(header.Value)),
            BodyData = answer.Body is null ? null : new BodyData { DetectedBodyType = BodyType.String, BodyAsString = answer.Body },
        };
    }

    private sealed record Answer(int Status, string? Body, (string Name, string Value)[] Headers);
}

/// <summary>One request as it arrived.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">Without the question mark; empty when there is none.</param>
/// <param name="Headers">Names compare without case; several values are joined by a comma.</param>
/// <param name="Body">Byte for byte.</param>
internal sealed record ReceivedRequest(
    string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, byte[] Body);
