using System.Text;
using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

public sealed class EnvelopeFaultTests
{
    [Theory]
    [InlineData("", "The body is empty.")]
    [InlineData(" \r\n", "The body is empty.")]
    [InlineData("{\"a\":1", "The body ends within its JSON value (after 6 bytes).")]
    [InlineData("{\"a", "The body ends within its JSON value (after 3 bytes).")]
    [InlineData("{\"a\":tr", "The body ends within its JSON value (after 7 bytes).")]
    [InlineData("{\"a\":\"\\u12", "The body ends within its JSON value (after 10 bytes).")]
    [InlineData("[1, ", "The body ends within its JSON value (after 4 bytes).")]
    [InlineData("{}{}", "Something follows the JSON value (at byte 2).")]
    [InlineData("{}\n x", "Something follows the JSON value (at byte 4).")]
    [InlineData("1 2", "Something follows the JSON value (at byte 2).")]
    [InlineData("{}\0", "Something follows the JSON value (at byte 2).")]
    [InlineData("{\"a\":1,}", "The body is not valid JSON (at byte 7).")]
    [InlineData("[1,]", "The body is not valid JSON (at byte 3).")]
    [InlineData("{/**/}", "The body is not valid JSON (at byte 1).")]
    [InlineData("{\n\"a\":\n\nNaN}", "The body is not valid JSON (at byte 8).")]
    [InlineData("{'a':1}", "The body is not valid JSON (at byte 1).")]
    [InlineData("{\"a\":\"\\x\"}", "The body is not valid JSON (at byte 7).")]
    [InlineData("task=1&x=2", "The body is not valid JSON (at byte 1).")]
    public void What_is_not_json_is_a_fault_with_its_place(string body, string fault) =>
        Assert.Equal(fault, FaultOf(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Places_count_the_byte_order_mark()
    {
        Assert.Equal("The body is empty.", FaultOf([0xEF, 0xBB, 0xBF]));
        Assert.Equal("Something follows the JSON value (at byte 5).", FaultOf([0xEF, 0xBB, 0xBF, .. "{}x"u8]));
        Assert.Equal("projectId is not valid Unicode text (at byte 16).", FaultOf([0xEF, 0xBB, 0xBF, .. "{\"projectId\":\"\\udfff\"}"u8]));
    }

    [Fact]
    public void A_second_byte_order_mark_is_a_fault() => Assert.NotNull(FaultOf([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, .. "{}"u8]));

    [Fact]
    public void Utf16_is_a_fault() => Assert.NotNull(FaultOf(Encoding.Unicode.GetBytes("{}")));

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Nesting_of_513_levels_is_a_fault(char last)
    {
        var body = new string('[', 512) + last;

        Assert.Equal("The JSON nests deeper than 512 levels (at byte 512).", FaultOf(Encoding.UTF8.GetBytes(body)));
    }

    [Fact]
    public void Nesting_within_batches_counts_from_the_root()
    {
        var body = "{\"batches\":[" + new string('[', 511);

        Assert.Contains("deeper than 512", FaultOf(Encoding.UTF8.GetBytes(body)), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_json_at_the_deepest_level_is_not_called_too_deep() =>
        Assert.Equal("The body is not valid JSON (at byte 512).", FaultOf(Encoding.UTF8.GetBytes(new string('[', 512) + "x")));

    public static TheoryData<string> Fields => ["projectId", "task.taskId", "task.stage", "task.stageId", "task.stageName", "task.updatedAt", "batches", "batchNames"];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Text_that_is_not_unicode_is_a_fault_in_every_field(string field)
    {
        byte[][] bad = [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [.. "\\ud800"u8], [.. "x\\udc00\\ud800"u8], [.. "\\n"u8, 0xE2, 0x82]];
        foreach (var text in bad)
        {
            Assert.StartsWith(field + " is not valid Unicode text (at byte ", FaultOf(Place(field, text)), StringComparison.Ordinal);
        }

        Assert.Null(FaultOf(Place(field, [.. "\\ud83d\\ude00 é"u8])));
    }

    [Fact]
    public void Text_that_is_not_unicode_is_let_through_elsewhere() => Assert.Null(FaultOf(
        [.. "{\"asset\":\""u8, 0xFF, .. "\",\"x\":\"\\ud800\",\""u8, 0xFE, .. "\":1,\"metadata\":{\"projectId\":\""u8, 0xFF, .. "\"},\"task\":{\"updatedBy\":\"\\udc00\"}}"u8]));

    [Fact]
    public void A_fault_never_quotes_the_payload()
    {
        foreach (var body in (string[])["{\"projectId\":\"~canary~\\ud800\"}", "{\"a\":~canary~}", "{\"~canary~\":1}~canary~", "{\"~canary~"])
        {
            var fault = FaultOf(Encoding.UTF8.GetBytes(body));
            Assert.NotNull(fault);
            Assert.DoesNotContain("~", fault, StringComparison.Ordinal);
        }
    }

    private static byte[] Place(string field, byte[] text) => field.Split('.') switch
    {
        ["task", var name] => [.. Encoding.UTF8.GetBytes($$"""{"task":{"{{name}}":" """.TrimEnd()), .. text, .. "\"}}"u8],
        ["projectId"] => [.. "{\"projectId\":\""u8, .. text, .. "\"}"u8],
        [var list, ..] => [.. Encoding.UTF8.GetBytes($$"""{"{{list}}":["ok"," """.TrimEnd()), .. text, .. "\"]}"u8],
        [] => throw new ArgumentException("No field.", nameof(field)),
    };

    private static string? FaultOf(byte[] payload)
    {
        var reading = EnvelopeReader.Read(payload);
        Assert.NotEqual(reading.Fault is null, reading.Envelope is null);
        return reading.Fault;
    }
}
