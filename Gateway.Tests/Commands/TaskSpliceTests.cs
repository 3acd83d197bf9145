using System.Text;
using System.Text.Json;
using AngoGateway.Commands;

namespace AngoGateway.Tests.Commands;

public sealed class TaskSpliceTests
{
    public static TheoryData<string> Samples => [.. SampleLibrary.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Replacing_leaves_every_other_byte_as_it_was(string name)
    {
        var payload = SampleLibrary.Find(name)!.Bytes;
        var fields = TaskSplice.Locate(payload);
        var changed = fields.Replace(payload, "ffffffffffffffffffffffff", "2031-01-02T03:04:05.678Z");

        using var json = JsonDocument.Parse(changed);
        var task = json.RootElement.TryGetProperty("task", out var one) ? one : json.RootElement.GetProperty("tasks")[0];
        Assert.Equal("ffffffffffffffffffffffff", task.GetProperty("taskId").GetString());
        Assert.Equal("2031-01-02T03:04:05.678Z", task.GetProperty("updatedAt").GetString());

        // Put back what was there before: the very same bytes must come out.
        using var before = JsonDocument.Parse(payload);
        task = before.RootElement.TryGetProperty("task", out one) ? one : before.RootElement.GetProperty("tasks")[0];
        var back = TaskSplice.Locate(changed).Replace(
            changed, task.GetProperty("taskId").GetString(), task.GetProperty("updatedAt").GetString());
        Assert.Equal(payload, back);
    }

    [Theory]
    [InlineData("""{"task":{"taskId":"a","updatedAt":"b"}}""", """{"task":{"taskId":"T","updatedAt":"U"}}""")]
    [InlineData("""{"task":{"updatedAt":null,"taskId":12}}""", """{"task":{"updatedAt":"U","taskId":"T"}}""")]
    [InlineData("""{"task":{"taskId":"a","taskId":"b"}}""", """{"task":{"taskId":"a","taskId":"T"}}""")]
    [InlineData("""{"task":{"taskId":"a"},"task":{"taskId":"b"}}""", """{"task":{"taskId":"a"},"task":{"taskId":"T"}}""")]
    [InlineData("""{"tasks":[{"taskId":"a"},{"taskId":"b"}]}""", """{"tasks":[{"taskId":"T"},{"taskId":"b"}]}""")]
    [InlineData("""{"tasks":[{"taskId":"a"}],"task":{"taskId":"b"}}""", """{"tasks":[{"taskId":"a"}],"task":{"taskId":"T"}}""")]
    [InlineData("""{"x":{"task":{"taskId":"a"}},"task":{"y":[{"taskId":"b"}],"t\u0061skId" : "c" }}""",
        """{"x":{"task":{"taskId":"a"}},"task":{"y":[{"taskId":"b"}],"t\u0061skId" : "T" }}""")]
    [InlineData("\uFEFF{\"task\":{\"taskId\":\"a\"}}", "\uFEFF{\"task\":{\"taskId\":\"T\"}}")]
    [InlineData("""{"task":"none","tasks":7}""", """{"task":"none","tasks":7}""")]
    [InlineData("[1,[2]]", "[1,[2]]")]
    [InlineData("1", "1")]
    public void The_value_that_counts_is_the_one_replaced(string payload, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(payload);
        Assert.Equal(expected, Encoding.UTF8.GetString(TaskSplice.Locate(bytes).Replace(bytes, "T", "U")));
    }

    [Fact]
    public void What_is_not_JSON_is_refused() =>
        Assert.ThrowsAny<JsonException>(() => TaskSplice.Locate("""{"task":{"taskId":"a"}"""u8));
}
