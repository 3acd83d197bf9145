using AngoGateway.Telemetry;

namespace AngoGateway.Journal;

/// <summary>The life of an event's rows, as <see cref="SqliteRows"/> writes it: inserted, superseded, revived, settled, ended.</summary>
internal sealed partial class MemoryJournal
{
    private void Add(MemoryEntry entry, IReadOnlyList<NewDelivery> deliveries)
    {
        _keys.Add(entry.Event);
        _events.Add(entry.Event.Id, entry);
        _bySeq.AddLast(entry.InOrder);
        RememberTrace(entry);
        if (entry.Event.Disposition == Disposition.Quarantined)
            _kept.Enqueue((entry.Event.ReceivedAt, entry));

        foreach (var delivery in deliveries)
            Insert(entry, replay: 0, delivery, entry.Event.ReceivedAt);

        CountSettled(entry);
    }

    private void Insert(MemoryEntry entry, int replay, NewDelivery delivery, DateTimeOffset queuedAt)
    {
        var lane = LaneOf(delivery.Consumer);
        var row = new MemoryRow(entry, delivery.Consumer, replay) { QueuedAt = queuedAt };
        entry.Rows.Add(row);
        lane.Rows++;
        var late = delivery.NewestOnly && Supersede(lane, row);
        if (delivery.Done is { } done)
        {
            (row.State, row.Attempts, row.SettledAt) = (DeliveryState.Delivered, 1, done.At + done.Duration);
            row.Tries.Add(done with { Number = 1 });
            CountEnd(row);
        }
        else if (late)
        {
            (row.State, row.SettledAt) = (DeliveryState.Superseded, Now);
            CountEnd(row);
        }
        else
        {
            lane.Enter(row);
            _signals.Pulse(row.Consumer);
        }
    }

    /// <returns>Whether the new row is superseded itself.</returns>
    private bool Supersede(MemoryLane lane, MemoryRow row)
    {
        if (row.Identity is not { Task: { } task, UpdatedUs: { } updatedUs } || TaskIdentity.AtStage(row.Entry.Event) is not { } stage)
            return false;

        if (lane.Newest.TryGetValue(stage, out var newest) && newest > updatedUs)
            return true;

        lane.Newest[stage] = updatedUs;
        foreach (var older in lane.Of(task).Where(older => older.Identity.UpdatedUs < updatedUs && TaskIdentity.AtStage(older.Entry.Event) == stage))
            End(older, DeliveryState.Superseded);

        return false;
    }

    private bool IsLate(MemoryRow row) => row.Identity.UpdatedUs is { } updatedUs
        && TaskIdentity.AtStage(row.Entry.Event) is { } stage
        && LaneOf(row.Consumer).Newest.TryGetValue(stage, out var newest)
        && newest > updatedUs;

    private void Revive(Guid id)
    {
        if (!_events.TryGetValue(id, out var entry))
            return;

        foreach (var row in entry.Rows.Where(row => row.State == DeliveryState.Dead).ToArray())
        {
            if (IsLate(row))
            {
                End(row, DeliveryState.Superseded);
                continue;
            }

            (row.DueAt, row.QueuedAt, row.SettledAt) = (Now.ToUnixTimeMilliseconds(), Now, null);
            LaneOf(row.Consumer).Dead--;
            LaneOf(row.Consumer).Enter(row);
            _signals.Pulse(row.Consumer);
        }
    }

    private void Settle(MemoryRow row, Settlement settlement)
    {
        if (settlement.Attempt is { } attempt)
            row.Tries.Add(attempt with { Number = ++row.Attempts });

        var lane = LaneOf(row.Consumer);
        var settledAt = Now;
        if (row.State == DeliveryState.Pending)
        {
            lane.Leave(row);
            if (settlement.State == DeliveryState.Pending)
            {
                row.DueAt = (settlement.DueAt ?? Now).ToUnixTimeMilliseconds();
                lane.Enter(row);
            }
            else
            {
                End(row, settlement.State);
            }
        }
        else if (settlement.State == DeliveryState.Delivered)
        {
            (row.State, row.SettledAt) = (DeliveryState.Delivered, settledAt);
            CountEnd(row);
        }
        else
        {
            row.SettledAt = settledAt;
        }

        lane.EndLease(row);
        if (settlement.State == DeliveryState.Pending || lane.Has(row.Identity.Task))
            _signals.Pulse(row.Consumer);

        CountSettled(row.Entry);
    }

    /// <summary>A pending or dead row gets another state.</summary>
    private void End(MemoryRow row, DeliveryState state)
    {
        var lane = LaneOf(row.Consumer);
        if (row.State == DeliveryState.Dead)
            lane.Dead--;
        else
            lane.Leave(row);

        (row.State, row.SettledAt) = (state, Now);
        CountEnd(row);
        if (state == DeliveryState.Dead)
        {
            lane.Dead++;
            _kept.Enqueue((Now, row.Entry));
        }

        CountSettled(row.Entry);
    }

    private static void CountEnd(MemoryRow row) => Metrics.Deliveries.Add(1, Metrics.Consumer(row.Consumer), Metrics.Outcome(row.State));
}
