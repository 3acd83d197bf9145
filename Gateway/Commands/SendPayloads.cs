using System.Text.Json;
using AngoGateway.Configuration;

namespace AngoGateway.Commands;

/// <summary>Reads what is to be sent and looks it through, before the first request.</summary>
internal static class SendPayloads
{
    // What limits.bodyBytes can be at most: no gateway takes more.
    private const int LargestBody = 1 << 29;

    /// <param name="files">Files, sent byte for byte.</param>
    /// <param name="samples">Names of embedded samples that exist; <c>all</c> for every one.</param>
    /// <param name="freshening">What will be replaced in the copies, and so must be there.</param>
    /// <param name="error">Told what is wrong.</param>
    /// <returns>Null when something is wrong.</returns>
    public static NamedPayload[]? Read(FileInfo[] files, string[] samples, Freshening freshening, TextWriter error)
    {
        var payloads = new List<NamedPayload>();
        foreach (var file in files)
        {
            var reading = FileReading.Of(file.FullName, LargestBody);
            if (reading.Bytes is not { } bytes)
            {
                error.WriteLine($"{Terminal.Clean(file.ToString())} {reading.Fault}");
                return null;
            }

            payloads.Add(new NamedPayload(file.Name, bytes));
        }

        payloads.AddRange(samples.SelectMany(name => name == "all" ? SampleLibrary.Names : [name]).Select(name => SampleLibrary.Find(name)!));
        return payloads.TrueForAll(payload => CanFreshen(payload, freshening, error)) ? [.. payloads] : null;
    }

    private static bool CanFreshen(NamedPayload payload, Freshening freshening, TextWriter error)
    {
        if (freshening == Freshening.None)
        {
            return true;
        }

        try
        {
            var fields = TaskSplice.Locate(payload.Bytes);
            var lacking = fields.UpdatedAt is null ? "task.updatedAt" : fields.TaskId is null && freshening == Freshening.Unique ? "task.taskId" : null;
            if (lacking is null)
            {
                return true;
            }

            error.WriteLine($"{Terminal.Clean(payload.Name)} has no {lacking} to replace: send it without --unique and --now.");
        }
        catch (JsonException exception)
        {
            error.WriteLine($"{Terminal.Clean(payload.Name)} is not JSON (line {exception.LineNumber + 1}): send it without --unique and --now.");
        }

        return false;
    }
}
