using static AngoGateway.Tests.Envelopes.Reading;

namespace AngoGateway.Tests.Envelopes;

/// <summary>Which task counts when there are several, or the old shape's array.</summary>
public sealed class EnvelopeTaskTests
{
    [Fact]
    public void Of_two_task_objects_the_last_counts_whole()
    {
        var envelope = Read("""{"task":{"taskId":"1","stage":"1"},"task":{"taskId":"2","updatedAt":"2"}}""");

        Assert.Equal(("2", null, "2"), (envelope.TaskId, envelope.Stage, envelope.UpdatedAt));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("[{\"taskId\":\"no\"}]")]
    public void A_last_task_that_is_no_object_means_none(string last) =>
        AssertNothingRead(Read($$"""{"task":{"taskId":"1","updatedAt":"1"},"task":{{last}}}"""));

    [Fact]
    public void The_only_element_of_tasks_counts_when_there_is_no_task()
    {
        var envelope = Read("""{"tasks":[{"taskId":"t","stage":"s","updatedAt":"u","more":[{"taskId":"no"}]}]}""");

        Assert.Equal(("t", "s", "u"), (envelope.TaskId, envelope.Stage, envelope.UpdatedAt));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{\"taskId\":\"1\"},{\"taskId\":\"2\"}]")]
    [InlineData("[{\"taskId\":\"1\"},null]")]
    [InlineData("[null,{\"taskId\":\"2\"}]")]
    [InlineData("[[{\"taskId\":\"1\"}]]")]
    [InlineData("[\"1\"]")]
    [InlineData("{\"taskId\":\"1\"}")]
    [InlineData("null")]
    public void Other_tasks_give_none(string tasks) => AssertNothingRead(Read($$"""{"tasks":{{tasks}}}"""));

    [Theory]
    [InlineData("""{"tasks":[{"taskId":"no","stage":"no"}],"task":{"taskId":"t"}}""")]
    [InlineData("""{"task":{"taskId":"t"},"tasks":[{"taskId":"no","stage":"no"}]}""")]
    public void A_task_object_goes_before_tasks(string json)
    {
        var envelope = Read(json);

        Assert.Equal(("t", null), (envelope.TaskId, envelope.Stage));
    }

    [Fact]
    public void Tasks_count_beside_a_null_task() => Assert.Equal("t", Read("""{"task":null,"tasks":[{"taskId":"t"}]}""").TaskId);

    [Fact]
    public void Tasks_count_when_the_last_task_is_null() =>
        Assert.Equal("t", Read("""{"task":{"taskId":"1"},"task":null,"tasks":[{"taskId":"t"}]}""").TaskId);

    [Fact]
    public void Of_doubled_tasks_the_last_counts() =>
        AssertNothingRead(Read("""{"tasks":[{"taskId":"1"}],"tasks":[{"taskId":"2"},{"taskId":"3"}]}"""));
}
