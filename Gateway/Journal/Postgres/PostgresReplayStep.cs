using Npgsql;

namespace AngoGateway.Journal.Postgres;

/// <summary>Carries out what a replay has found, within its transaction: looks at the deliveries as they are now, decides, writes.</summary>
internal sealed class PostgresReplayStep(NpgsqlConnection connection, long? now)
{
    private readonly Dictionary<(Guid Event, string Consumer, int Replay), DeliveryState> _states = [];
    private readonly HashSet<Guid> _kept = [];
    private readonly HashSet<Guid> _routed = [];
    private readonly List<(Guid Event, string Consumer, int Replay)> _replaced = [];
    private readonly List<(StoredEvent Event, long Seq, int Replay, NewDelivery Delivery)> _made = [];

    /// <summary>Consumers that have new work after the commit.</summary>
    public HashSet<string> Woken { get; } = new(StringComparer.Ordinal);

    public PostgresEnds Ends { get; } = new();

    /// <returns>How many items were replayed; the others needed nothing.</returns>
    public async Task<int> RunAsync(IReadOnlyList<PlannedReplay> plan, CancellationToken cancellationToken)
    {
        if (plan.Count == 0)
            return 0;

        await LockAsync([.. plan.Select(one => one.Item.Event.Id).Distinct().Order()], cancellationToken);
        var done = plan.Count(Decide);
        await WriteAsync(cancellationToken);
        return done;
    }

    // The events are locked against being pruned, their deliveries against everybody.
    private async Task LockAsync(Guid[] events, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("SELECT id, disposition FROM event WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE").With(events);
        batch.Add(
            """
            SELECT event_id, consumer, replay, state FROM delivery WHERE event_id = ANY($1) ORDER BY event_id, consumer, replay FOR UPDATE
            """).With(events);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (row.GetInt16(1) != (short)Disposition.Routed)
                _kept.Add(row.GetGuid(0));
        }

        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            _states.Add((row.GetGuid(0), row.GetString(1), row.GetInt32(2)), (DeliveryState)row.GetInt16(3));
    }

    private bool Decide(PlannedReplay replay)
    {
        var item = replay.Item;
        var id = item.Event.Id;

        // The item may have changed since it was looked up, and no longer need this.
        if (item.Consumer is { } own ? !_states.TryGetValue((id, own, item.Replay), out var state) || state != item.State : !_kept.Contains(id))
            return false;

        var free = replay.Targets
            .Where(target => replay.Gives(target.Consumer, Has(id, target, DeliveryState.Pending), Has(id, target, DeliveryState.Dead)))
            .ToArray();
        if (free.Length == 0)
            return false;

        if (item.Consumer is null)
        {
            _routed.Add(id);
            _kept.Remove(id);
        }
        else if (replay.Replaces(free))
        {
            _replaced.Add((id, item.Consumer, item.Replay));
            _states[(id, item.Consumer, item.Replay)] = DeliveryState.Replayed;
        }

        foreach (var target in free)
        {
            var next = _states.Keys.Where(key => key.Event == id && key.Consumer == target.Consumer).Select(key => key.Replay).DefaultIfEmpty(-1).Max() + 1;
            _made.Add((item.Event, item.Seq, next, target));
            _states.Add((id, target.Consumer, next), DeliveryState.Pending);
        }

        return true;
    }

    private bool Has(Guid id, NewDelivery target, DeliveryState state) =>
        _states.Any(row => row.Key.Event == id && row.Key.Consumer == target.Consumer && row.Value == state);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_made.Count == 0)
            return;

        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.Add("UPDATE event SET disposition = 0 WHERE id = ANY($1)").With(_routed.ToArray());
            AddEnd(batch, now, _replaced, DeliveryState.Replayed);
            batch.Add("INSERT INTO consumer(name) SELECT unnest($1) ON CONFLICT DO NOTHING")
                .With(_made.Select(one => one.Delivery.Consumer).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray());
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        // All of them are locked: none has changed.
        _replaced.ForEach(row => Ends.Add(row.Consumer, DeliveryState.Replayed));
        await InsertAsync(await SupersedeAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Gives pending or dead deliveries another state. The batch answers the consumer of each.</summary>
    public static void AddEnd(
        NpgsqlBatch batch, long? now, IReadOnlyCollection<(Guid Event, string Consumer, int Replay)> rows, DeliveryState state)
    {
        var sorted = rows.OrderBy(row => row.Event).ThenBy(row => row.Consumer, StringComparer.Ordinal).ThenBy(row => row.Replay).ToArray();
        batch.Add(
            $"""
            WITH old AS MATERIALIZED (
              SELECT d.event_id, d.consumer, d.replay FROM unnest($3, $4, $5) AS x(event_id, consumer, replay)
              JOIN delivery AS d ON d.event_id = x.event_id AND d.consumer = x.consumer AND d.replay = x.replay AND d.state IN (0, 2)
              ORDER BY d.event_id, d.consumer, d.replay FOR UPDATE OF d)
            UPDATE delivery AS d SET state = $2, settled_at = {PostgresSql.Now}, ended_in_flight = d.state = 0 AND d.lease_until > {PostgresSql.Now}
            FROM old WHERE d.event_id = old.event_id AND d.consumer = old.consumer AND d.replay = old.replay
            RETURNING d.consumer
            """)
            .With(now).With((short)state)
            .With(Array.ConvertAll(sorted, row => row.Event)).With(Array.ConvertAll(sorted, row => row.Consumer)).With(Array.ConvertAll(sorted, row => row.Replay));
    }

    /// <returns>The newest times, of consumers that want nothing older.</returns>
    private async Task<Dictionary<(string Consumer, Guid Stage), long>> SupersedeAsync(CancellationToken cancellationToken)
    {
        var newest = new Dictionary<(string, Guid), long>();
        var newer = _made.Where(one => one.Delivery.NewestOnly && Identity(one.Event) is { Task: not null, UpdatedUs: not null })
            .Select(one => new PostgresSuperseding(
                one.Delivery.Consumer, PostgresSql.Uuid(Identity(one.Event).Task!.Value), PostgresSql.Uuid(TaskIdentity.AtStage(one.Event)!.Value), Identity(one.Event).UpdatedUs!.Value))
            .ToArray();
        if (newer.Length == 0)
            return newest;

        await using (var batch = new NpgsqlBatch(connection))
        {
            PostgresSuperseding.AddNewest(batch, newer);
            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                newest[(row.GetString(0), row.GetGuid(1))] = row.GetInt64(2);
        }

        await using var ended = new NpgsqlBatch(connection);
        PostgresSuperseding.Add(ended, now, newer);
        await using var old = await ended.ExecuteReaderAsync(cancellationToken);
        await Ends.AddAllAsync(old, DeliveryState.Superseded, cancellationToken);
        return newest;
    }

    private async Task InsertAsync(Dictionary<(string Consumer, Guid Stage), long> newest, CancellationToken cancellationToken)
    {
        var late = _made.ConvertAll(one => one.Delivery.NewestOnly && TaskIdentity.AtStage(one.Event) is { } stage
            && Identity(one.Event).UpdatedUs is { } updatedUs
            && newest.TryGetValue((one.Delivery.Consumer, PostgresSql.Uuid(stage)), out var time) && time > updatedUs);
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            $"""
            INSERT INTO delivery(event_id, seq, replay, consumer, state, due_at, attempts, queued_at, settled_at, task, stage, updated_us)
            SELECT event_id, seq, replay, consumer, CASE WHEN late THEN 3 ELSE 0 END, 0, 0, {PostgresSql.Now}, CASE WHEN late THEN {PostgresSql.Now} END, task, stage, updated_us
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS x(event_id, seq, replay, consumer, late, task, stage, updated_us)
            """)
            .With(now)
            .With(_made.Select(one => one.Event.Id).ToArray()).With(_made.Select(one => one.Seq).ToArray()).With(_made.Select(one => one.Replay).ToArray())
            .With(_made.Select(one => one.Delivery.Consumer).ToArray()).With(late.ToArray())
            .With(_made.Select(one => PostgresSql.Uuid(Identity(one.Event).Task)).ToArray())
            .With(_made.Select(one => PostgresSql.Uuid(TaskIdentity.AtStage(one.Event))).ToArray())
            .With(_made.Select(one => Identity(one.Event).UpdatedUs ?? PostgresSql.Untimed).ToArray());
        await batch.ExecuteNonQueryAsync(cancellationToken);
        for (var i = 0; i < late.Count; i++)
        {
            if (late[i])
                Ends.Add(_made[i].Delivery.Consumer, DeliveryState.Superseded);
            else
                Woken.Add(_made[i].Delivery.Consumer);
        }
    }

    private static TaskIdentity Identity(StoredEvent @event) => TaskIdentity.Of(@event);
}
