using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>The direct children of a task that count, as places in the JSON.</summary>
internal struct TaskFields
{
    public TextSlot TaskId;
    public TextSlot Stage;
    public TextSlot StageId;
    public TextSlot StageName;
    public TextSlot UpdatedAt;

    /// <summary>Reads the value of <c>task</c>; nothing when it is no object.</summary>
    public static TaskFields Take(ref JsonCursor reader)
    {
        var found = default(TaskFields);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return found;
        }

        Span<byte> scratch = stackalloc byte[JsonKey.Longest];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = JsonKey.Of(reader.ValueSpan, reader.ValueIsEscaped, scratch);
            reader.Read();
            if (key.SequenceEqual("taskId"u8))
            {
                found.TaskId = TextSlot.TakeText(ref reader);
            }
            else if (key.SequenceEqual("stage"u8))
            {
                found.Stage = TextSlot.TakeText(ref reader);
            }
            else if (key.SequenceEqual("stageId"u8))
            {
                found.StageId = TextSlot.TakeText(ref reader);
            }
            else if (key.SequenceEqual("stageName"u8))
            {
                found.StageName = TextSlot.TakeText(ref reader);
            }
            else if (key.SequenceEqual("updatedAt"u8))
            {
                found.UpdatedAt = TextSlot.TakeText(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return found;
    }

    /// <summary>Reads the value of <c>tasks</c>: its element when there is exactly one, else nothing.</summary>
    /// <remarks>
    /// With several the event is keyed by its bytes: a key made of one of them would drop what changed in the others.
    /// </remarks>
    public static TaskFields TakeOnly(ref JsonCursor reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return default;
        }

        var first = default(TaskFields);
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count++ == 0)
            {
                first = Take(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return count == 1 ? first : default;
    }
}
