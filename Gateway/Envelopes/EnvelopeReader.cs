using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>What reading a payload gave: an envelope, or why there is none.</summary>
/// <param name="Envelope">Null when the payload is not acceptable JSON.</param>
/// <param name="Fault">A sentence for the sender: what is wrong and at which byte, never text of the payload.</param>
internal readonly record struct EnvelopeReading(Envelope? Envelope, string? Fault);

/// <summary>Reads the envelope in one forward pass over the payload, without a document model.</summary>
/// <remarks>
/// Large values that cannot hold any of it are skimmed: their strings and brackets must match, what they say is not looked at
/// (docs/decisions/2026-11-26-large-values-are-skimmed.md).
/// Root <c>projectId</c>, <c>batches</c>, <c>batchNames</c> and the direct children of root <c>task</c> count, nothing
/// deeper: <c>stageHistory</c> and <c>metadata</c> carry look-alikes. Of a doubled key the last one counts, a whole
/// <c>task</c> included. The old shape has no <c>task</c> but an array <c>tasks</c>: its only element counts.
/// </remarks>
internal static class EnvelopeReader
{
    /// <summary>Deepest nesting that is taken: far above Ango Hub's nested answers.</summary>
    internal const int MaxDepth = 512;

    internal static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    public static EnvelopeReading Read(ReadOnlySpan<byte> payload)
    {
        var skipped = payload.StartsWith("\uFEFF"u8) ? 3 : 0;
        var json = payload[skipped..];
        var cursor = new JsonCursor(json);
        RootFields found;
        try
        {
            found = ReadAll(ref cursor);
        }
        catch (JsonException)
        {
            return new EnvelopeReading(null, JsonFault.Of(json, skipped));
        }

        var task = found.HasTask ? found.Task : found.OnlyOfTasks;
        var texts = new PayloadTexts(json, skipped);
        var envelope = new Envelope(
            texts.Text(found.Project, "projectId"),
            texts.Text(task.TaskId, "task.taskId"),
            texts.Text(task.Stage, "task.stage"),
            texts.Text(task.StageId, "task.stageId"),
            texts.Text(task.StageName, "task.stageName"),
            texts.Text(task.UpdatedAt, "task.updatedAt"),
            texts.List(found.Batches, "batches"),
            texts.List(found.BatchNames, "batchNames"));
        return texts.Fault is null ? new EnvelopeReading(envelope, null) : new EnvelopeReading(null, texts.Fault);
    }

    private static RootFields ReadAll(ref JsonCursor cursor)
    {
        var found = default(RootFields);
        cursor.Read();
        if (cursor.TokenType == JsonTokenType.StartObject)
        {
            found = ReadRoot(ref cursor);
        }
        else
        {
            cursor.Skip();
        }

        cursor.Read(); // Throws when anything but white space follows.
        return found;
    }

    private static RootFields ReadRoot(ref JsonCursor cursor)
    {
        var found = default(RootFields);
        Span<byte> scratch = stackalloc byte[JsonKey.Longest];
        while (cursor.Read() && cursor.TokenType == JsonTokenType.PropertyName)
        {
            var key = JsonKey.Of(cursor.ValueSpan, cursor.ValueIsEscaped, scratch);
            cursor.Read();
            if (key.SequenceEqual("projectId"u8))
            {
                found.Project = TextSlot.TakeText(ref cursor);
            }
            else if (key.SequenceEqual("batches"u8))
            {
                found.Batches = TextSlot.TakeArray(ref cursor);
            }
            else if (key.SequenceEqual("batchNames"u8))
            {
                found.BatchNames = TextSlot.TakeArray(ref cursor);
            }
            else if (key.SequenceEqual("task"u8))
            {
                found.HasTask = cursor.TokenType == JsonTokenType.StartObject;
                found.Task = TaskFields.Take(ref cursor);
            }
            else if (key.SequenceEqual("tasks"u8))
            {
                found.OnlyOfTasks = TaskFields.TakeOnly(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return found;
    }

    private struct RootFields
    {
        public TextSlot Project;
        public TextSlot Batches;
        public TextSlot BatchNames;
        public bool HasTask;
        public TaskFields Task;
        public TaskFields OnlyOfTasks;
    }
}
