using System.Text;
using System.Text.Json;

namespace AngoGateway.Commands;

/// <summary>Where a payload's <c>task.taskId</c> and <c>task.updatedAt</c> stand, so that a copy can get others and nothing else changes.</summary>
/// <remarks>The old shape has a one-element array <c>tasks</c> instead; <c>task</c> wins. Of doubled keys the last one counts.</remarks>
/// <param name="TaskId">Bytes of the value, quotes included; null when there is none.</param>
/// <param name="UpdatedAt">Likewise.</param>
internal sealed record TaskSplice(Range? TaskId, Range? UpdatedAt)
{
    private static readonly TaskSplice None = new(null, null);

    /// <exception cref="JsonException">The payload is not JSON.</exception>
    public static TaskSplice Locate(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
        var offset = payload.StartsWith(bom) ? bom.Length : 0;
        // 512 levels are what the gateway reads, too.
        var reader = new Utf8JsonReader(payload[offset..], new JsonReaderOptions { MaxDepth = 512 });
        TaskSplice? task = null;
        TaskSplice? oldTask = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return None;
        }

        while (reader.Read() && reader.CurrentDepth > 0)
        {
            var isTask = reader.ValueTextEquals("task"u8);
            var isOldTask = reader.ValueTextEquals("tasks"u8);
            reader.Read();
            if (isTask)
            {
                task = ReadTask(ref reader, offset);
            }
            else if (isOldTask)
            {
                oldTask = ReadFirst(ref reader, offset);
            }
            else
            {
                reader.Skip();
            }
        }

        return task ?? oldTask ?? None;
    }

    /// <summary>The payload with other values: signed bytes change, so it must be signed anew.</summary>
    /// <param name="payload">The very payload that was looked through.</param>
    /// <param name="taskId">Null keeps what is there.</param>
    /// <param name="updatedAt">Likewise.</param>
    public byte[] Replace(byte[] payload, string? taskId, string? updatedAt)
    {
        var splices = new[] { (Place: TaskId, Value: taskId), (Place: UpdatedAt, Value: updatedAt) }
            .Where(splice => splice.Place is not null && splice.Value is not null)
            .OrderBy(splice => splice.Place!.Value.Start.Value);
        using var result = new MemoryStream(payload.Length + 64);
        var done = 0;
        foreach (var (place, value) in splices)
        {
            result.Write(payload.AsSpan(done..place!.Value.Start.Value));
            result.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value)));
            done = place.Value.End.Value;
        }

        result.Write(payload.AsSpan(done));
        return result.ToArray();
    }

    private static TaskSplice ReadFirst(ref Utf8JsonReader reader, int offset)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return None;
        }

        var depth = reader.CurrentDepth;
        var first = None;
        for (var position = 0; reader.Read() && reader.CurrentDepth > depth; position++)
        {
            if (position == 0)
            {
                first = ReadTask(ref reader, offset);
            }
            else
            {
                reader.Skip();
            }
        }

        return first;
    }

    private static TaskSplice ReadTask(ref Utf8JsonReader reader, int offset)
    {
        var fields = None;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return fields;
        }

        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            var isTaskId = reader.ValueTextEquals("taskId"u8);
            var isUpdatedAt = reader.ValueTextEquals("updatedAt"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex + offset;
            reader.Skip();
            var place = start..((int)reader.BytesConsumed + offset);
            fields = isTaskId ? fields with { TaskId = place } : isUpdatedAt ? fields with { UpdatedAt = place } : fields;
        }

        return fields;
    }
}
