using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>The delivery rows of a slice, one list per column.</summary>
internal sealed class PostgresDeliveryRows
{
    public const int Count = 10;
    public const int TryCount = 8;

    private readonly List<Guid> _events = [];
    private readonly List<int> _numbers = [];
    private readonly List<short> _states = [];
    private readonly List<int> _attempts = [];
    private readonly List<long?> _settledAt = [];
    private readonly List<Guid?> _tasks = [];
    private readonly List<Guid?> _stages = [];
    private readonly List<long> _updatedUs = [];

    public List<string> Consumers { get; } = [];

    /// <summary>Whether the row supersedes others, and may be superseded itself.</summary>
    public List<bool> Newest { get; } = [];

    /// <summary>Attempts that proxy routes have made.</summary>
    public List<(Guid Event, string Consumer, Attempt Attempt)> Tries { get; } = [];

    public static PostgresDeliveryRows Of(IReadOnlyList<AppendWrite> writes)
    {
        var rows = new PostgresDeliveryRows();
        for (var i = 0; i < writes.Count; i++)
        {
            var identity = TaskIdentity.Of(writes[i].Event);
            foreach (var delivery in writes[i].Deliveries)
                rows.Add(writes[i].Event, i + 1, identity, delivery);
        }

        return rows;
    }

    /// <summary>Binds as many arrays as the statement has, in its order.</summary>
    public void Bind(NpgsqlBatchCommand command, bool newest)
    {
        command
            .With(_events.ToArray()).With(_numbers.ToArray()).With(Consumers.ToArray()).With(_states.ToArray()).With(_attempts.ToArray())
            .With(_settledAt.ToArray()).With(_tasks.ToArray()).With(_stages.ToArray()).With(_updatedUs.ToArray()).With(Newest.ToArray());
        if (Tries.Count > 0)
        {
            command
                .With(Tries.Select(one => one.Event).ToArray()).With(Tries.Select(one => one.Consumer).ToArray());
            BindTries(command, Tries.ConvertAll(one => one.Attempt));
        }

        if (newest)
        {
            var rows = Enumerable.Range(0, Newest.Count).Where(row => Newest[row]).ToArray();
            command
                .With(Array.ConvertAll(rows, row => _events[row])).With(Array.ConvertAll(rows, row => Consumers[row]))
                .With(Array.ConvertAll(rows, row => _stages[row]!.Value)).With(Array.ConvertAll(rows, row => _updatedUs[row]));
        }
    }

    /// <summary>Six arrays: at, duration_ms, address, status, error, response.</summary>
    public static NpgsqlBatchCommand BindTries(NpgsqlBatchCommand command, List<Attempt> tries) => command
        .With(tries.Select(attempt => attempt.At.ToUnixTimeMilliseconds()).ToArray())
        .With(tries.Select(attempt => (long)attempt.Duration.TotalMilliseconds).ToArray())
        .With(tries.Select(attempt => PostgresSql.Encode(attempt.Address)).ToArray())
        .With(tries.Select(attempt => attempt.Status).ToArray())
        .With(tries.Select(attempt => PostgresSql.Encode(attempt.Error)).ToArray())
        .With(tries.Select(attempt => PostgresSql.Encode(attempt.Response)).ToArray());

    /// <summary>What the rows of these events make obsolete.</summary>
    public List<PostgresSuperseding> Superseding(HashSet<Guid> events) =>
    [
        .. Enumerable.Range(0, Newest.Count)
            .Where(row => Newest[row] && events.Contains(_events[row]))
            .Select(row => new PostgresSuperseding(Consumers[row], _tasks[row]!.Value, _stages[row]!.Value, _updatedUs[row])),
    ];

    private void Add(StoredEvent @event, int number, TaskIdentity identity, NewDelivery delivery)
    {
        var done = delivery.Done;
        _events.Add(@event.Id);
        _numbers.Add(number);
        Consumers.Add(delivery.Consumer);
        _states.Add((short)(done is null ? DeliveryState.Pending : DeliveryState.Delivered));
        _attempts.Add(done is null ? 0 : 1);
        _settledAt.Add(done is null ? null : (done.At + done.Duration).ToUnixTimeMilliseconds());
        _tasks.Add(PostgresSql.Uuid(identity.Task));
        _stages.Add(PostgresSql.Uuid(TaskIdentity.AtStage(@event)));
        _updatedUs.Add(identity.UpdatedUs ?? PostgresSql.Untimed);
        Newest.Add(delivery.NewestOnly && identity is { Task: not null, UpdatedUs: not null });
        if (done is not null)
            Tries.Add((@event.Id, delivery.Consumer, done));
    }
}
