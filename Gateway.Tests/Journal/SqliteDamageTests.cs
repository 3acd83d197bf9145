using AngoGateway.Journal;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Tests.Journal;

/// <summary>Nothing is acknowledged into a file that is not the journal any more.</summary>
public sealed class SqliteDamageTests : SqliteTest
{
    [Fact]
    public async Task A_file_that_was_replaced_takes_no_events_and_vouches_for_none()
    {
        var journal = Open();
        await Append(journal, Event(1));
        File.Copy(Journals.File, Journals.File + ".copy");
        File.Move(Journals.File + ".copy", Journals.File, overwrite: true);

        await AssertRefused(journal, "replaced");
    }

    [Fact]
    public async Task A_file_that_was_cut_takes_no_events()
    {
        var journal = Open();
        await Append(journal, Event(1));
        await using (var file = new FileStream(Journals.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(100);

        await AssertRefused(journal, "cut");
    }

    [Fact]
    public async Task A_file_that_was_overwritten_takes_no_events()
    {
        var journal = Open();
        await Append(journal, Event(1));
        await using (var file = new FileStream(Journals.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            await file.WriteAsync(new byte[8192]);

        await AssertRefused(journal, "overwritten");
    }

    [Fact]
    public async Task A_lost_log_takes_no_events()
    {
        var journal = Open();
        await Append(journal, Event(1));
        File.Move(Journals.File + "-wal", Journals.File + ".away");

        await AssertRefused(journal, "-wal");
        File.Move(Journals.File + ".away", Journals.File + "-wal");
    }

    [Fact]
    public async Task Once_damage_was_found_nothing_is_taken_before_a_new_start()
    {
        var journal = Open();
        await Append(journal, Event(1));
        await Assert.ThrowsAsync<JournalUnavailableException>(() => journal.OnWriterAsync(_ => throw new SqliteException("malformed", 11, 11)));

        await AssertRefused(journal, "damaged");
    }

    [Fact]
    public async Task A_damaged_file_is_refused_at_the_start()
    {
        await using (var journal = Open())
            await Append(journal, Event(1), "a");
        var bytes = await File.ReadAllBytesAsync(Journals.File);
        bytes.AsSpan(8192).Fill(0xA5);
        await File.WriteAllBytesAsync(Journals.File, bytes);

        var message = Assert.Throws<JournalUnavailableException>(() => { Open(); }).Message;

        Assert.Contains("Restore a backup", message, StringComparison.Ordinal);
    }

    private async Task AssertRefused(SqliteJournal journal, string reason)
    {
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(2))).Status);
        Assert.Contains(reason, journal.Health.Fault, StringComparison.Ordinal);
        Assert.Equal(AppendStatus.Unavailable, (await Append(journal, Event(1))).Status);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.FindAsync(Event(1).Key, default));
    }
}
