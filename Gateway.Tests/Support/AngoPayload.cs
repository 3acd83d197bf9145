using System.Text;
using System.Text.Json.Nodes;

namespace AngoGateway.Tests.Support;

/// <summary>Payloads in the 2025 shape with a few fields of the test's choosing.</summary>
internal static class AngoPayload
{
    public const string Project = "66c5a3babfebe70015f8b15c";

    public static byte[] Of(
        string task = "66a10e530c3781407df635a8",
        string stage = "Review",
        string updatedAt = "2026-03-11T08:41:17.566Z",
        string project = Project,
        int padding = 0) => Encoding.UTF8.GetBytes(new JsonObject
        {
            ["projectId"] = project,
            ["asset"] = "https://assets.example.com/tile.png?X-Amz-Signature=canary-asset",
            ["batches"] = new JsonArray("66a10251b75d08b259bb16c1"),
            ["batchNames"] = new JsonArray("pilot-1"),
            ["padding"] = new string('x', padding),
            ["task"] = new JsonObject
            {
                ["taskId"] = task,
                ["stage"] = stage,
                ["stageId"] = stage,
                ["stageName"] = stage,
                ["updatedAt"] = updatedAt,
                ["updatedBy"] = "canary.annotator@example.com",
                ["tools"] = new JsonArray(),
            },
        }.ToJsonString());

    public static byte[] Sample(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
