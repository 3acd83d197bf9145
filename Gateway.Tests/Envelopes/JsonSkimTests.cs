using System.Text;
using System.Text.Json;
using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

/// <summary>Where large values end, found without reading them.</summary>
public sealed class JsonSkimTests
{
    /// <summary>Strings full of quotes, backslashes and brackets, at every place in a block.</summary>
    [Fact]
    public void A_value_ends_where_a_strict_reader_says()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 4000; round++)
        {
            var value = ValueOf(random, depth: 0);
            var lead = new string(' ', random.Next(70));
            var json = Encoding.UTF8.GetBytes($"{lead}{value}{new string(']', random.Next(3))}");
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EnvelopeReader.MaxDepth });
            reader.Read();
            reader.Skip();

            Assert.Equal(reader.BytesConsumed, JsonSkim.EndOf(json, lead.Length, EnvelopeReader.MaxDepth));
        }
    }

    [Theory]
    [InlineData("{\"a\":[1,2}")]
    [InlineData("{\"a\":\"}")]
    [InlineData("{\"a\":\"\\\"}")]
    [InlineData("[[]")]
    [InlineData("{]")]
    [InlineData("[\"\n\"]")]
    [InlineData("[\"\0\"]")]
    public void What_has_no_end_of_its_own_or_a_broken_string_has_none(string json) =>
        Assert.True(JsonSkim.EndOf(Encoding.UTF8.GetBytes(json + new string(' ', 80)), 0, EnvelopeReader.MaxDepth) < 0);

    [Fact]
    public void Levels_are_counted_as_they_come_and_not_by_their_number()
    {
        var beside = Encoding.UTF8.GetBytes("[" + string.Concat(Enumerable.Repeat("[],", 1000)) + "0]");
        var within = Encoding.UTF8.GetBytes(new string('[', 600) + new string(']', 600));

        Assert.Equal(beside.Length, JsonSkim.EndOf(beside, 0, 2));
        Assert.True(JsonSkim.EndOf(beside, 0, 1) < 0);
        Assert.True(JsonSkim.EndOf(within, 0, 599) < 0);
        Assert.Equal(within.Length, JsonSkim.EndOf(within, 0, 600));
    }

    /// <summary>The same payload with and without its large values, which hold look-alikes of every field.</summary>
    [Fact]
    public void An_envelope_is_the_same_whatever_large_values_stand_around_it()
    {
        var random = new Random(7);
        var wanted = Read("{\"projectId\":\"p\",\"batches\":[\"b\"],\"task\":{\"taskId\":\"t\",\"stage\":\"Review\",\"updatedAt\":\"2026\"}}");
        for (var round = 0; round < 300; round++)
        {
            var (a, b, c, d) = (Large(random), Large(random), Large(random), Large(random));
            var json = $$$"""{"asset": {{{a}}} ,"projectId":"p","stageHistory":{{{b}}},"batches":["b"],"task":{"tools":{{{c}}},"taskId":"t","stage":"Review" ,"classifications"  :  {{{d}}}, "updatedAt":"2026"} }""";

            Assert.Equal(wanted, Read(json));
        }
    }

    [Fact]
    public void A_fault_behind_a_large_value_is_told_with_its_place()
    {
        var large = Large(new Random(1));
        var length = Encoding.UTF8.GetByteCount(large);

        Assert.Equal($"The body is not valid JSON (at byte {length + 10}).", EnvelopeReader.Read(Encoding.UTF8.GetBytes($"{{\"x\":{large},\"y\":oops}}")).Fault);
        Assert.Equal($"Something follows the JSON value (at byte {length + 6}).", EnvelopeReader.Read(Encoding.UTF8.GetBytes($"{{\"x\":{large}}}x")).Fault);
        Assert.Equal($"The body ends within its JSON value (after {length + 4} bytes).", EnvelopeReader.Read(Encoding.UTF8.GetBytes($"{{\"x\":{large[..^1]}")).Fault);
    }

    [Fact]
    public void What_is_skimmed_may_nest_as_deep_as_anything_and_no_deeper()
    {
        var around = new string(' ', 300);
        Assert.Null(EnvelopeReader.Read(Encoding.UTF8.GetBytes($"{{\"x\":{new string('[', 511)}{around}{new string(']', 511)}}}")).Fault);
        Assert.Contains("deeper than 512", EnvelopeReader.Read(Encoding.UTF8.GetBytes($"{{\"x\":{new string('[', 512)}{around}{new string(']', 512)}}}")).Fault, StringComparison.Ordinal);
    }

    private static string? Read(string json)
    {
        var (envelope, fault) = EnvelopeReader.Read(Encoding.UTF8.GetBytes(json));
        return fault ?? JsonSerializer.Serialize(envelope);
    }

    private static string Large(Random random)
    {
        while (true)
        {
            if (ValueOf(random, depth: 0) is { Length: > 300 } value)
                return value;
        }
    }

    private static string ValueOf(Random random, int depth)
    {
        var text = new StringBuilder();
        var isObject = random.Next(2) == 0;
        text.Append(isObject ? '{' : '[');
        var count = random.Next(depth > 4 ? 2 : 8);
        for (var i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(Space(random));
            if (isObject)
                text.Append(random.Next(3) == 0 ? "\"projectId\"" : TextOf(random)).Append(':').Append(Space(random));

            text.Append(random.Next(4) switch
            {
                0 => ValueOf(random, depth + 1),
                1 => "-12.5e3",
                2 => "null",
                _ => TextOf(random),
            });
        }

        return text.Append(Space(random)).Append(isObject ? '}' : ']').ToString();
    }

    private static string Space(Random random) => new(' ', random.Next(8) == 0 ? random.Next(20) : 0);

    private static string TextOf(Random random)
    {
        var text = new StringBuilder("\"");
        for (var left = random.Next(40); left > 0; left--)
            text.Append(random.Next(7) switch { 0 => "\\\\", 1 => "\\\"", 2 => "{", 3 => "]", 4 => "\\u00e9", 5 => "é", _ => "x" });

        return text.Append('"').ToString();
    }
}
