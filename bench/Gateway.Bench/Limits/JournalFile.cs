using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace AngoGateway.Bench.Limits;

/// <summary>What is in a SQLite journal: proof that it was pruned and checkpointed.</summary>
/// <param name="Oldest">The number of the oldest event; they are counted up by arrival.</param>
/// <param name="Newest">And of the newest.</param>
/// <param name="Events">That are kept.</param>
/// <param name="Keys">That are remembered.</param>
internal readonly record struct JournalFile(long Oldest, long Newest, long Events, long Keys)
{
    // https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    private const int CheckpointSequenceAt = 12;

    /// <summary>To be asked while no gateway runs on it.</summary>
    public static async Task<JournalFile> LookAsync(string path)
    {
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0), count(*), (SELECT count(*) FROM event_key) FROM event";
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return new JournalFile(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    /// <summary>How often its log was begun anew, which takes a checkpoint that moved all of it into the file.</summary>
    public static async Task<long> LogsAsync(string path)
    {
        var header = new byte[CheckpointSequenceAt + 4];
        await using var log = new FileStream(path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await log.ReadExactlyAsync(header);
        return BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(CheckpointSequenceAt));
    }
}
