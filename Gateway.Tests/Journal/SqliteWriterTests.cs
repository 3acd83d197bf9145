using AngoGateway.Envelopes;
using AngoGateway.Journal;

namespace AngoGateway.Tests.Journal;

public sealed class SqliteWriterTests : SqliteTest
{
    [Fact]
    public async Task What_waits_together_is_committed_together()
    {
        var journal = Open();
        using var held = await Hold(journal);
        var appends = Enumerable.Range(0, 500).Select(task => Append(journal, Event(task), "training").AsTask()).ToArray();
        var before = journal.Commits;

        await held.LetGo();
        var results = await Task.WhenAll(appends);

        Assert.All(results, result => Assert.Equal(AppendStatus.Accepted, result.Status));
        Assert.InRange(journal.Commits - before, 1, 3); // the held one, theirs, at most one of upkeep
        Assert.Equal(500, Journals.Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task A_transaction_is_cut_at_eight_megabytes_of_payload()
    {
        var journal = Open();
        using var held = await Hold(journal);
        var appends = Enumerable.Range(0, 6)
            .Select(task => journal.AppendAsync(Event(task), Payload.Of(new byte[3 * 1024 * 1024]), [], default).AsTask()).ToArray();
        var before = journal.Commits;

        await held.LetGo();
        await Task.WhenAll(appends);

        Assert.True(journal.Commits - before >= 4, "the held one and three of two payloads each");
    }

    [Fact]
    public async Task Copies_in_one_transaction_are_one_event()
    {
        var journal = Open();
        using var held = await Hold(journal);
        var appends = Enumerable.Range(0, 50).Select(_ => Append(journal, Event(1), "training").AsTask()).ToArray();

        await held.LetGo();
        var results = await Task.WhenAll(appends);

        Assert.Equal(AppendStatus.Accepted, results[0].Status);
        Assert.All(results[1..], result => Assert.Equal(new AppendResult(AppendStatus.Duplicate, results[0].EventId), result));
    }

    [Fact]
    public async Task A_repeat_of_a_committed_key_does_not_wait_for_the_writer()
    {
        var journal = Open();
        var first = await Append(journal, Event(1), "training");
        using var held = await Hold(journal);

        var repeat = Append(journal, Event(1), "training");

        Assert.True(repeat.IsCompleted);
        Assert.Equal(new AppendResult(AppendStatus.Duplicate, first.EventId), await repeat);
        Assert.Equal(first.EventId, await journal.FindAsync(Event(1).Key, default));
    }

    [Fact]
    public async Task A_key_is_not_known_before_its_commit()
    {
        var journal = Open();
        using var held = await Hold(journal);
        var first = Append(journal, Event(1), "training");

        var repeat = Append(journal, Event(1), "training");

        Assert.False(repeat.IsCompleted);
        Assert.Null(await journal.FindAsync(Event(1).Key, default));
        await held.LetGo();
        Assert.Equal(AppendStatus.Accepted, (await first).Status);
        Assert.Equal(AppendStatus.Duplicate, (await repeat).Status);
    }

    [Fact]
    public async Task A_full_queue_refuses_events_but_not_settlements()
    {
        var journal = Open(options => options with { MaxWaiting = 3 });
        await Append(journal, Event(0), "training");
        var delivery = await ClaimOne(journal, "training");
        using var held = await Hold(journal); // counts as one
        var taken = new[] { Append(journal, Event(1)).AsTask(), Append(journal, Event(2)).AsTask() };

        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(3))).Status);
        var settled = journal.SettleAsync(delivery, Delivered, default).AsTask();
        await held.LetGo();

        Assert.True(await settled);
        Assert.All(await Task.WhenAll(taken), result => Assert.Equal(AppendStatus.Accepted, result.Status));
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, Event(3))).Status);
    }

    [Fact]
    public async Task The_queue_is_bounded_by_bytes_but_takes_one_larger_payload_when_nothing_waits()
    {
        var journal = Open(options => options with { MaxWaitingBytes = 1000 });
        Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(Event(0), Payload.Of(new byte[5000]), [], default)).Status);
        using var held = await Hold(journal);
        var first = journal.AppendAsync(Event(1), Payload.Of(new byte[600]), [], default).AsTask();

        Assert.Equal(AppendStatus.Unavailable, (await journal.AppendAsync(Event(2), Payload.Of(new byte[600]), [], default)).Status);
        var second = journal.AppendAsync(Event(3), Payload.Of(new byte[400]), [], default).AsTask();
        await held.LetGo();

        Assert.Equal(AppendStatus.Accepted, (await first).Status);
        Assert.Equal(AppendStatus.Accepted, (await second).Status);
    }

    [Fact]
    public async Task A_cancelled_append_that_the_writer_has_not_begun_is_not_stored_and_its_memory_is_not_read()
    {
        var journal = Open();
        using var cancel = new CancellationTokenSource();
        using var held = await Hold(journal);
        var cancelled = journal.AppendAsync(Event(1), Payload.Of(Bytes), [], cancel.Token).AsTask();
        var other = Append(journal, Event(2)).AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await held.LetGo();
        await other;

        Assert.Equal(1, Journals.Number("SELECT count(*) FROM event"));
    }

    [Fact]
    public async Task A_row_that_cannot_be_written_fails_alone_and_leaves_nothing()
    {
        var journal = Open();
        var taken = Event(0);
        await Append(journal, taken);
        using var held = await Hold(journal);
        var before = Append(journal, Event(1), "training").AsTask();
        var bad = Append(journal, Event(2) with { Id = taken.Id }, "training").AsTask();
        var after = Append(journal, Event(3), "training").AsTask();

        await held.LetGo();

        Assert.Equal(AppendStatus.Accepted, (await before).Status);
        Assert.Equal(AppendStatus.Unavailable, (await bad).Status);
        Assert.Equal(AppendStatus.Accepted, (await after).Status);
        Assert.Null(journal.Health.Fault);
        Assert.Equal(3, Journals.Number("SELECT count(*) FROM event_key"));
        Assert.Equal(3, Journals.Number("SELECT count(*) FROM payload"));
        Assert.Equal(2, Journals.Number("SELECT count(*) FROM delivery"));
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, Event(2), "training")).Status);
    }

    [Fact]
    public async Task A_value_that_cannot_be_bound_fails_its_own_row_and_no_later_one()
    {
        const int LimitLength = 0; // SQLITE_LIMIT_LENGTH
        var journal = Open();
        await journal.OnWriterAsync(connection => SQLitePCL.raw.sqlite3_limit(connection.Handle, LimitLength, 1000));

        var tooBig = await journal.AppendAsync(Event(1), Payload.Of(new byte[2000]), [], default);

        Assert.Equal(AppendStatus.Unavailable, tooBig.Status);
        Assert.Equal(AppendStatus.Accepted, (await Append(journal, Event(2), "training")).Status);
    }

    [Fact]
    public async Task Closing_writes_what_waits_and_leaves_one_clean_file()
    {
        var journal = Open();
        using var held = await Hold(journal);
        var appends = Enumerable.Range(0, 10).Select(task => Append(journal, Event(task), "training").AsTask()).ToArray();
        var closing = journal.DisposeAsync().AsTask();
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(99))).Status);

        await held.LetGo();
        await closing;

        Assert.All(await Task.WhenAll(appends), result => Assert.Equal(AppendStatus.Accepted, result.Status));
        Assert.Equal(["gateway.db", "gateway.db.lock"], Directory.GetFiles(Journals.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(10, Journals.Number("SELECT count(*) FROM delivery WHERE state = 0"));
        Assert.Equal("ok", Journals.Scalar("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task The_log_moves_into_the_file_and_is_begun_anew_when_it_is_large()
    {
        var journal = Open();
        var payload = new byte[1024 * 1024];
        var log = new FileInfo(Journals.File + "-wal");
        var task = 0;
        for (; task < 300; task++)
            Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(Event(task), Payload.Of(payload), [], default)).Status);

        log.Refresh();
        Assert.True(log.Length < 200 * 1024 * 1024, "300 MB and the log only grew");
        Assert.True(new FileInfo(Journals.File).Length > 8 * 1024 * 1024, "nothing moved into the file");
        Assert.Equal(task, Journals.Number("SELECT count(*) FROM payload WHERE length(bytes) = 1048576"));
    }
}

/// <summary>Alone, because it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(SqliteAllocationTests), DisableParallelization = true)]
[Collection(nameof(SqliteAllocationTests))]
public sealed class SqliteAllocationTests : SqliteTest
{
    private int _task;

    [Fact]
    public async Task What_an_append_allocates_does_not_grow_with_its_payload()
    {
        var journal = Open();
        var small = await Allocated(2048, payload => Append(journal, payload));
        var large = await Allocated(1024 * 1024, payload => Append(journal, payload));

        Assert.InRange(large, 0, small + 16 * 1024);
    }

    [Fact]
    public async Task What_a_read_allocates_does_not_grow_with_its_payload()
    {
        var journal = Open();
        var small = await Allocated(2048, payload => AppendAndRead(journal, payload));
        var large = await Allocated(1024 * 1024, payload => AppendAndRead(journal, payload));

        // The pool may have to make a few arrays anew; one for each read would be a megabyte.
        Assert.InRange(large, 0, small + 512 * 1024);
    }

    /// <returns>Bytes per event, over all threads, when everything is warm.</returns>
    private static async Task<long> Allocated(int size, Func<byte[], Task> act)
    {
        const int Count = 30;
        var payload = new byte[size];
        await act(payload);
        await act(payload);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Count; i++)
            await act(payload);

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / Count;
    }

    private async Task<StoredEvent> Append(SqliteJournal journal, byte[] payload)
    {
        var stored = Event(_task++);
        using var arrived = Payload.Of(payload);
        Assert.Equal(AppendStatus.Accepted, (await journal.AppendAsync(stored, arrived, [], default)).Status);
        return stored;
    }

    private async Task AppendAndRead(SqliteJournal journal, byte[] payload)
    {
        var stored = await Append(journal, payload);
        using var back = await journal.ReadPayloadAsync(stored.Id, default);
        Assert.Equal(payload.Length, back.Length);
    }
}
