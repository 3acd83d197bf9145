using System.Globalization;
using AngoGateway.Envelopes;
using CsCheck;

namespace AngoGateway.Tests.Envelopes;

public sealed class EventKeyTests
{
    private static readonly Envelope Full = new("p", "t", "s", "i", "n", "2025-03-11T08:41:17.566Z");

    private static readonly Gen<string?> Part = Gen.Frequency(
        (1, Gen.Const((string?)null)), (4, Gen.String["ab\0\u0001é"].Select(text => (string?)text)));

    /// <summary>Keys are stored: these digests were computed apart from this code and must never change.</summary>
    [Fact]
    public void Keys_are_those_that_were_stored_before()
    {
        Assert.Equal(new EventKey(1741682477566, Digest("312e6b440540590e0d67253b819dcc9b")), KeyOf(Full, "ango"));
        Assert.Equal(new EventKey(0, Digest("d5246735baa1fc2815cc94b17b4c1ee3")), KeyOf(new Envelope(TaskId: "té", UpdatedAt: "u"), "ango"));
        Assert.Equal(
            new EventKey(0, Digest("9fc2a35b89fac4ac026f8b2b68b21eca"), ByContent: true),
            EventKey.Of("ango", new Envelope(), "{}"u8));
    }

    [Fact]
    public void The_same_parts_make_the_same_key_whatever_the_bytes() => Assert.Equal(
        EventKey.Of("ango", Full, "one"u8),
        EventKey.Of("ango", Full with { StageName = "renamed", Batches = ["b"] }, "two"u8));

    [Fact]
    public void Every_part_makes_a_key_of_its_own()
    {
        Envelope[] others =
        [
            Full with { Project = "q" },
            Full with { TaskId = "u" },
            Full with { StageId = "j" },
            Full with { UpdatedAt = "2025-03-11T08:41:17.567Z" },
            Full with { UpdatedAt = "2025-03-11T08:41:17.566+00:00" },
        ];

        Assert.Equal(others.Length + 2, others.Select(other => KeyOf(other)).Append(KeyOf(Full)).Append(KeyOf(Full, "other")).Distinct().Count());
    }

    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("t", "1s", "t1", "s")]
    [InlineData("a\0", "b", "a", "\0b")]
    public void Parts_that_concatenate_to_the_same_text_make_two_keys(string task, string stage, string otherTask, string otherStage) =>
        Assert.NotEqual(
            KeyOf(new Envelope(TaskId: task, Stage: stage, UpdatedAt: "u")),
            KeyOf(new Envelope(TaskId: otherTask, Stage: otherStage, UpdatedAt: "u")));

    [Fact]
    public void Two_lists_of_parts_have_one_key_only_when_they_are_equal() => Gen.Select(Parts(), Parts()).Sample(
        (one, other) => (one == other) == (KeyOf(one) == KeyOf(other)), iter: 2000, threads: 1);

    [Fact]
    public void The_stage_id_goes_before_the_stage()
    {
        Assert.Equal(KeyOf(Full), KeyOf(Full with { Stage = "renamed" }));
        Assert.Equal(KeyOf(Full with { Stage = "x", StageId = null }), KeyOf(Full with { Stage = null, StageId = "x" }));
        Assert.NotEqual(KeyOf(Full), KeyOf(Full with { StageId = null }));
    }

    [Fact]
    public void Absent_is_not_empty()
    {
        Assert.NotEqual(KeyOf(Full with { Project = null }), KeyOf(Full with { Project = "" }));
        Assert.NotEqual(KeyOf(Full with { Stage = null, StageId = null }), KeyOf(Full with { Stage = null, StageId = "" }));
    }

    [Fact]
    public void Without_task_or_update_the_bytes_are_the_key()
    {
        foreach (var envelope in (Envelope[])[Full with { TaskId = null }, Full with { UpdatedAt = null }, new Envelope()])
        {
            var key = EventKey.Of("ango", envelope, "one"u8);

            Assert.True(key.ByContent);
            Assert.Equal(0, key.UpdatedAtMs);
            Assert.Equal(key, EventKey.Of("ango", envelope, "one"u8));
            Assert.NotEqual(key, EventKey.Of("ango", envelope, "two"u8));
            Assert.NotEqual(key, EventKey.Of("other", envelope, "one"u8));
        }

        Assert.False(KeyOf(Full).ByContent);
    }

    [Fact]
    public void A_payload_cannot_pose_as_the_parts_of_another_event()
    {
        var identity = KeyOf(new Envelope(TaskId: "t", UpdatedAt: "u"), "a");

        // The very bytes that the identity's digest is made over.
        byte[] parts = [1, 0, 0, 0, 1, (byte)'a', 255, 255, 255, 255, 0, 0, 0, 1, (byte)'t', 255, 255, 255, 255, 0, 0, 0, 1, (byte)'u'];
        Assert.NotEqual(identity.Digest, EventKey.Of("a", new Envelope(), parts).Digest);
    }

    [Theory]
    [InlineData("2025-03-11T08:41:17.566Z", 1741682477566)]
    [InlineData("2025-03-11T10:41:17.566+02:00", 1741682477566)]
    [InlineData("1969-12-31T23:59:59Z", -1000)]
    [InlineData("9999-12-31T23:59:59.999Z", 253402300799999)]
    [InlineData("10000-01-01T00:00:00Z", 0)]
    [InlineData("yesterday", 0)]
    [InlineData("12", 0)]
    public void The_key_is_led_by_its_time(string updatedAt, long milliseconds) =>
        Assert.Equal(milliseconds, KeyOf(Full with { UpdatedAt = updatedAt }).UpdatedAtMs);

    [Fact]
    public void Long_parts_make_keys_too()
    {
        var text = new string('x', 100_000);

        Assert.Equal(KeyOf(Full with { TaskId = text }), KeyOf(Full with { TaskId = text }));
        Assert.NotEqual(KeyOf(Full with { TaskId = text }), KeyOf(Full with { TaskId = text + "x" }));
    }

    [Fact]
    public void A_key_allocates_nothing()
    {
        var payload = new byte[1024 * 1024];
        KeyOf(Full);
        EventKey.Of("ango", new Envelope(), payload);
        var empty = new Envelope();
        var before = GC.GetAllocatedBytesForCurrentThread();

        KeyOf(Full);
        EventKey.Of("ango", empty, payload);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Gen<Envelope> Parts() => Gen.Select(
        Part, Gen.String["ab"], Part, Gen.String["ab"],
        (project, task, stage, updatedAt) => new Envelope(project, task, StageId: stage, UpdatedAt: updatedAt, Batches: NoBatches, BatchNames: NoBatches));

    // Records compare arrays by reference.
    private static readonly string[] NoBatches = [];

    private static EventKey KeyOf(Envelope envelope, string source = "ango") => EventKey.Of(source, envelope, []);

    private static UInt128 Digest(string hex) => UInt128.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
