using static AngoGateway.Tests.Envelopes.Reading;

namespace AngoGateway.Tests.Envelopes;

public sealed class EnvelopeReaderTests
{
    [Fact]
    public void All_fields_are_read_from_root_and_task()
    {
        var envelope = Read("""
            {"projectId":"p","batches":["b1","b2"],"batchNames":["n1"],
             "task":{"taskId":"t","stage":"s","stageId":"i","stageName":"n","updatedAt":"u"}}
            """);

        Assert.Equal(("p", "t", "s"), (envelope.Project, envelope.TaskId, envelope.Stage));
        Assert.Equal(("i", "n", "u"), (envelope.StageId, envelope.StageName, envelope.UpdatedAt));
        Assert.Equal(["b1", "b2"], envelope.Batches);
        Assert.Equal(["n1"], envelope.BatchNames);
    }

    [Fact]
    public void Nothing_deeper_than_the_task_counts()
    {
        var envelope = Read("""
            {"metadata":{"projectId":"no","task":{"taskId":"no"},"tasks":[{"taskId":"no"}],"batches":["no"]},
             "list":[{"projectId":"no","task":{"taskId":"no"}}],
             "task":{"stageHistory":[{"taskId":"no","stage":"no","updatedAt":"no"}],"task":{"taskId":"no"},
                     "projectId":"no","nested":{"stageId":"no"}}}
            """);

        AssertNothingRead(envelope);
    }

    [Fact]
    public void Task_fields_at_the_root_do_not_count() =>
        AssertNothingRead(Read("""{"taskId":"no","stage":"no","stageId":"no","stageName":"no","updatedAt":"no"}"""));

    [Fact]
    public void Decoys_before_and_after_the_real_fields_change_nothing()
    {
        var envelope = Read("""
            {"task":{"stageHistory":[{"taskId":"no","updatedAt":"no"}],"taskId":"t","updatedAt":"u",
                     "more":{"taskId":"no","updatedAt":"no"}},"metadata":{"task":{"taskId":"no"}}}
            """);

        Assert.Equal(("t", "u"), (envelope.TaskId, envelope.UpdatedAt));
    }

    [Theory]
    [InlineData("""{"\u0074ask":{"t\u0061skId":"t"}}""")]
    [InlineData("""{"\u0074\u0061\u0073\u006B":{"\u0074\u0061\u0073\u006b\u0049\u0064":"t"}}""")]
    public void Escaped_keys_compare_after_unescaping(string json) => Assert.Equal("t", Read(json).TaskId);

    [Theory]
    [InlineData("""{"\ud800":{"taskId":"no"},"task":{"taskId":"t"}}""")]
    [InlineData("""{"\ud800task":1,"\n":2,"task\u0000":{"taskId":"no"},"task":{"taskId":"t","\udc00":3}}""")]
    [InlineData("""{"task":{"taskId":"t"},"\u0174ask":{"taskId":"no"}}""")]
    [InlineData("""{"task\\":{"taskId":"no"},"\u00e9task":0,"\u0074ask\u0074ask\u0074ask":0,"task":{"taskId":"t"}}""")]
    public void Other_escaped_keys_are_let_through(string json) => Assert.Equal("t", Read(json).TaskId);

    [Fact]
    public void Keys_compare_with_case() => AssertNothingRead(Read("""{"Task":{"taskId":"no"},"PROJECTID":"no","task":{"TaskId":"no"}}"""));

    [Fact]
    public void Escaped_values_are_unescaped() =>
        Assert.Equal("A \"B\" \\ é 😀\n", Read("""{"projectId":"\u0041 \"B\" \\ \u00e9 \ud83d\ude00\n"}""").Project);

    [Fact]
    public void Of_a_doubled_key_the_last_wins()
    {
        var envelope = Read("""
            {"projectId":"1","projectId":"2","batches":["1"],"batches":["2","3"],"batchNames":["1"],"batchNames":null,
             "task":{"taskId":"1","stage":"1","taskId":"2","stage":null,"\u0074askId":"3"}}
            """);

        Assert.Equal(("2", "3", null), (envelope.Project, envelope.TaskId, envelope.Stage));
        Assert.Equal(["2", "3"], envelope.Batches);
        Assert.Empty(envelope.BatchNames);
    }

    [Theory]
    [InlineData("1e3")]
    [InlineData("-0.10")]
    [InlineData("12345678901234567890123456789")]
    [InlineData("0")]
    public void A_numeric_id_is_its_text_as_written(string number)
    {
        var envelope = Read($$"""{"projectId":{{number}},"batches":[{{number}},"x"],"task":{"taskId":{{number}} ,"updatedAt":{{number}} } }""");

        Assert.Equal((number, number, number), (envelope.Project, envelope.TaskId, envelope.UpdatedAt));
        Assert.Equal([number, "x"], envelope.Batches);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("{\"taskId\":\"no\"}")]
    [InlineData("[\"no\"]")]
    public void Anything_but_text_and_numbers_is_absent(string value) => AssertNothingRead(Read($$"""
        {"projectId":{{value}},
         "task":{"taskId":{{value}},"stage":{{value}},"stageId":{{value}},"stageName":{{value}},"updatedAt":{{value}} } }
        """));

    [Fact]
    public void Batches_hold_texts_and_numbers_only() => Assert.Equal(
        ["a", "5", "b"],
        Read("""{"batches":["a",null,"",true,["no"],{"batches":["no"]},[],5,"b"]}""").Batches);

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("{\"0\":\"no\"}")]
    [InlineData("null")]
    [InlineData("[]")]
    public void Batches_that_are_no_array_are_none(string value) => Assert.Empty(Read($$"""{"batches":{{value}}}""").Batches);

    [Fact]
    public void A_byte_order_mark_is_skipped() =>
        Assert.Equal("t", Read([0xEF, 0xBB, 0xBF, .. """{"task":{"taskId":"t"}}"""u8]).TaskId);

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("-1.5e7")]
    [InlineData("\"task\"")]
    [InlineData("[{\"projectId\":\"no\",\"task\":{\"taskId\":\"no\"}}]")]
    [InlineData("{}")]
    [InlineData(" \r\n\t{ } \n")]
    public void Json_without_our_fields_is_an_empty_envelope(string json) => AssertNothingRead(Read(json));

    [Fact]
    public void Nesting_of_512_levels_is_taken()
    {
        Assert.Equal("p", Read("{\"deep\":" + Nested(511) + ",\"projectId\":\"p\"}").Project);
        AssertNothingRead(Read(Nested(512)));
        Assert.Equal(["b"], Read("{\"batches\":[" + Nested(510) + ",\"b\"]}").Batches);
    }

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);
}
